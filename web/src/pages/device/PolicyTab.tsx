import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ClipboardCheck } from 'lucide-react';
import { devicePolicy } from '../../api/devices';
import type { DevicePolicy, PolicyLayer, PolicyLine } from '../../api/types';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { humanize } from '../../ui/states';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';

const ORIGINS = {
  suite: 'From the suite',
  default: 'Default',
  upstream: 'From the mail server',
  rule: 'Two values contradict: the stricter',
};

const KINDS = { device: 'This device', user: 'Its user', group: 'A group', default: 'Everyone else' };

const SAID: Record<string, string> = { true: 'Yes', false: 'No', yes: 'Yes', no: 'No' };

/** Setting by setting: what is asked, what was sent, and what the device said to it. */
export function PolicyTab({ id }: { id: string }) {
  const answer = useQuery(devicePolicy(id));
  return <Loaded of={answer}>{(policy) => <Page policy={policy} />}</Loaded>;
}

function Page({ policy }: { policy: DevicePolicy }) {
  if (!policy.suite.id && policy.quarantined) {
    return (
      <Panel>
        <Empty icon={ClipboardCheck} title="It is in quarantine">
          Only the default policy of the zone, and what is assigned to the folder /Quarantine, reaches what
          lies there, and there is neither. Put the device into another folder, in the list of devices.
        </Empty>
      </Panel>
    );
  }
  if (!policy.suite.id) {
    return (
      <Panel>
        <Empty icon={ClipboardCheck} title="No policy suite applies">
          Assign a suite to this device, to its user, to a group, or as the default of the zone under{' '}
          <Link to="/policies" className="inline">
            Policy suites
          </Link>
          .
        </Empty>
      </Panel>
    );
  }
  const categories = [...new Set(policy.settings.map((s) => s.category))];
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <Status state={policy.state} />
        <Text size="sm">
          <Link to="/policies/$id" params={{ id: policy.suite.id }} className="inline">
            {policy.suite.name}
          </Link>
          , version {policy.version}, values for {policy.liability} devices
        </Text>
      </Group>
      {policy.quarantined && (
        <Text size="sm" maw={760}>
          It lies in the folder /Quarantine: until it is put into another folder, in the list of devices, only
          the default policy of the zone and what is assigned to /Quarantine reach it.
        </Text>
      )}
      <Text size="sm" c="dimmed" maw={760}>
        “Acknowledged” is the device’s own word that it applies the policy. ActiveSync offers no way to prove
        it.
      </Text>
      <Layers layers={policy.layers} />
      {categories.map((category) => (
        <Panel key={category} title={humanize(category)} flush>
          <Lines
            label={category}
            lines={policy.settings.filter((s) => s.category === category)}
            layers={policy.layers}
          />
        </Panel>
      ))}
    </Stack>
  );
}

/** The suites that reach the device: each setting has the value of the first that sets it. */
function Layers({ layers }: { layers: PolicyLayer[] }) {
  return (
    <Panel title="Suites that reach it, the most specific first" flush>
      <Text size="sm" c="dimmed" px="lg" pb="sm" maw={760}>
        Each setting has the value of the first suite in this list that says anything of it. What a suite
        leaves empty, the next one decides: one that is to let go of something has to say so.
      </Text>
      <Table
        label="Suites that reach it"
        rows={layers}
        id={(l) => l.kind + l.target.id}
        columns={[
          {
            key: 'suite',
            label: 'Suite',
            cell: (l) => (
              <Link to="/policies/$id" params={{ id: l.suite.id }} className="inline">
                {l.suite.name}
              </Link>
            ),
          },
          { key: 'by', label: 'Assigned to', cell: (l) => l.target.name || KINDS[l.kind] },
          {
            key: 'version',
            label: 'Version',
            cell: (l) => (l.staged ? `${l.version}, being rolled out` : l.version),
          },
          { key: 'sets', label: 'Values from it', cell: (l) => l.sets },
        ]}
      />
    </Panel>
  );
}

/** Where a value comes from, and that more specific suites have left it to this one. */
function origin(line: PolicyLine, layers: PolicyLayer[]): string {
  if (!line.from.name) return ORIGINS[line.origin];
  const at = layers.findIndex((l) => l.suite.id === line.from.id);
  if (at <= 0) return `From ${line.from.name}`;
  const above = layers.slice(0, at).map((l) => l.suite.name);
  return `From ${line.from.name}: ${above.join(' and ')} ${above.length === 1 ? 'says' : 'say'} nothing of it`;
}

function Lines({ label, lines, layers }: { label: string; lines: PolicyLine[]; layers: PolicyLayer[] }) {
  return (
    <Table
      label={humanize(label)}
      rows={lines}
      id={(l) => l.key}
      columns={[
        {
          key: 'label',
          label: 'Setting',
          width: '28%',
          cell: (l) => (
            <div>
              {l.label}
              {l.origin && (
                <Text size="xs" c="dimmed" fw={400}>
                  {origin(l, layers)}
                </Text>
              )}
            </div>
          ),
        },
        { key: 'asked', label: 'Asked', cell: (l) => SAID[l.asked] ?? l.asked },
        { key: 'sent', label: 'Sent', cell: (l) => SAID[l.sent] ?? (l.sent || 'Not sent') },
        { key: 'ack', label: 'Acknowledged', cell: (l) => <When time={l.acknowledgedAt} never="No" /> },
        {
          key: 'state',
          label: 'State',
          cell: (l) => (
            <div>
              <Status state={l.state} />
              {l.found && (
                <Text size="xs" mt={4} maw={280}>
                  Found: {l.found}
                </Text>
              )}
              {l.words && (
                <Text size="xs" c="dimmed" mt={4} maw={280}>
                  {l.words}
                </Text>
              )}
            </div>
          ),
        },
      ]}
    />
  );
}
