import { Checkbox, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { reconcile, setReconcile } from '../../api/registration';
import { useAct } from '../../ui/act';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Trouble } from '../../ui/Trouble';
import { KINDS } from './words';

/** By what a computer that comes is compared with those that are here. */
export function Reconcile({ edit }: { edit: boolean }) {
  const answer = useQuery(reconcile);
  const save = useAct((by: string[]) => setReconcile(answer.data?.etag ?? '', by), {
    stale: ['registration'],
  });
  return (
    <Panel title="Computers that are here already">
      <Text size="sm" c="dimmed" maw={760} mb="sm">
        One that tells the same as a computer that is here waits for an administrator. What a computer tells
        proves nothing: it never gets another’s place by it. What is compared:
      </Text>
      <Loaded of={answer}>
        {(now) => (
          <Checkbox.Group
            aria-label="What is compared"
            value={now.by}
            onChange={(by) => edit && save.mutate(by)}
          >
            <Group gap="lg">
              {Object.entries(KINDS).map(([value, label]) => (
                <Checkbox
                  key={value}
                  value={value}
                  label={label.charAt(0).toUpperCase() + label.slice(1)}
                  disabled={!edit || save.isPending}
                />
              ))}
            </Group>
          </Checkbox.Group>
        )}
      </Loaded>
      {save.isError && <Trouble error={save.error} />}
    </Panel>
  );
}
