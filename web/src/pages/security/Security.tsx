import { Button, Group, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { securityLayers } from '../../api/logs';
import type { SecurityFinding, SecurityLayer } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import type { Tone } from '../../ui/states';
import { When } from '../../ui/When';
import { inOrder, isCalm, PAGES, summary } from './order';

const STATES: Record<SecurityFinding['state'], [string, Tone]> = {
  good: ['Good', 'ok'],
  attention: ['Look at it', 'wait'],
  bad: ['Weak', 'bad'],
  unknown: ['Not known', 'info'],
  off: ['Off', 'off'],
};

function Mark({ state, plain }: { state: SecurityFinding['state']; plain?: boolean }) {
  const [word, tone] = STATES[state];
  return (
    <ToneMark tone={tone} plain={plain}>
      {word}
    </ToneMark>
  );
}

/** The five layers of the zone's security as they stand at this moment, the weakest first. */
export default function Security() {
  const layers = useQuery(securityLayers);
  return (
    <>
      <PageHead
        title="Security layers"
        lead="What is weak comes first, with what to do about it. To tell, the server connects to every other server."
      >
        <Button variant="default" loading={layers.isFetching} onClick={() => void layers.refetch()}>
          Look again
        </Button>
      </PageHead>
      <Loaded of={layers}>
        {(data) => (
          <Stack gap="lg">
            <Callout tone={summary(data).tone} title={summary(data).words}>
              Looked at <When time={data.checked} />.
            </Callout>
            {inOrder(data.layers).map((layer) => (
              <Layer key={layer.key} layer={layer} />
            ))}
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function Layer({ layer }: { layer: SecurityLayer }) {
  const calm = layer.findings.filter(isCalm);
  const pressing = inOrder(layer.findings.filter((f) => !isCalm(f)));
  return (
    <Panel title={layer.title} aside={<Mark state={layer.state} />}>
      <Stack gap="md">
        {pressing.map((f) => (
          <Finding key={f.name} finding={f} />
        ))}
        {calm.length > 0 && (
          <details open={pressing.length === 0}>
            <summary>
              {pressing.length > 0 ? 'The rest is good or off' : 'Good or off'} ({calm.length}
              <VisuallyHidden> of {layer.title}</VisuallyHidden>)
            </summary>
            <Stack gap="md" mt="md">
              {calm.map((f) => (
                <Finding key={f.name} finding={f} />
              ))}
            </Stack>
          </details>
        )}
      </Stack>
    </Panel>
  );
}

function Finding({ finding: f }: { finding: SecurityFinding }) {
  return (
    <div>
      <Group gap="sm" justify="space-between" wrap="nowrap" align="flex-start">
        <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {f.name}
        </Text>
        <Mark state={f.state} plain />
      </Group>
      <Text size="sm">
        {f.words} {f.mend && <strong>{f.mend}</strong>}{' '}
        {f.page && (
          <Link to={f.page} style={{ textDecoration: 'underline' }}>
            {PAGES[f.page] ?? 'Open the page'}
          </Link>
        )}
      </Text>
      {f.facts.length > 0 && (
        <details style={{ fontSize: 'var(--mantine-font-size-sm)' }}>
          <summary>
            Details<VisuallyHidden> of {f.name}</VisuallyHidden>
          </summary>
          <Facts
            rows={f.facts.map((x, i): [string, string] => [
              i > 0 && f.facts[i - 1]?.name === x.name ? `${x.name} (${i})` : x.name,
              x.value,
            ])}
          />
        </details>
      )}
    </div>
  );
}
