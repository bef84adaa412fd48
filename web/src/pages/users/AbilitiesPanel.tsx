import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { abilitiesOf } from '../../api/people';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';

/** What a user may do in the self-service portal, and by whose word. */
export function AbilitiesPanel({ id }: { id: string }) {
  const answer = useQuery(abilitiesOf(id));
  return (
    <Panel title="Self-service">
      <Loaded of={answer}>
        {(list) => (
          <Facts
            rows={list.map((a) => [
              a.label,
              <>
                <ToneMark plain tone={a.offered ? 'ok' : 'off'}>
                  {a.offered ? 'May' : 'May not'}
                </ToneMark>
                <Text size="sm" c="dimmed">
                  {a.because}
                </Text>
              </>,
            ])}
          />
        )}
      </Loaded>
    </Panel>
  );
}
