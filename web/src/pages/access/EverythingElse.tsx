import { Group, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { AccessDefault } from '../../api/types';
import { accessDefault, setAccessDefault } from '../../api/zone';
import { useAct } from '../../ui/act';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Trouble } from '../../ui/Trouble';

const DECISIONS = [
  { value: 'allow', label: 'Allow' },
  { value: 'quarantine', label: 'Quarantine' },
  { value: 'block', label: 'Block' },
];

/** What decides where no rule does. */
export function EverythingElse({ edit }: { edit: boolean }) {
  const answer = useQuery(accessDefault);
  const change = useAct(
    (decision: AccessDefault['decision']) => setAccessDefault(answer.data?.etag ?? '', { decision }),
    {
      done: () => 'It holds from every device’s next request.',
      stale: ['access-rules', 'devices', 'overview'],
    },
  );
  return (
    <Panel title="Where no rule matches">
      <Loaded of={answer}>
        {(now) => (
          <Group gap="md">
            <SegmentedControl
              aria-label="Where no rule matches"
              data={DECISIONS}
              value={now.decision}
              readOnly={!edit || change.isPending}
              onChange={(next) => change.mutate(next as AccessDefault['decision'])}
            />
            <Text size="sm" c="dimmed">
              Holds for every device that no rule above speaks of.
            </Text>
          </Group>
        )}
      </Loaded>
      {change.isError && <Trouble error={change.error} />}
    </Panel>
  );
}
