import { useInfiniteQuery } from '@tanstack/react-query';
import { agentEvents } from '../../api/inventory';
import type { AgentEvent } from '../../api/types';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';

const TONES = { info: 'info', warn: 'wait', error: 'bad' } as const;

/** What the computer's agent has said of itself; nothing where it has said nothing. */
export function AgentEvents({ id }: { id: string }) {
  const query = agentEvents(id);
  const answer = useInfiniteQuery(query);
  if ((answer.data?.pages[0]?.items.length ?? 0) === 0) return null;
  return (
    <Panel title="What its agent says of itself" flush>
      <Paged query={query}>
        {(rows: AgentEvent[]) => (
          <Table
            label="What its agent says of itself"
            rows={rows}
            id={(e) => e.id}
            columns={[
              {
                key: 'words',
                label: 'What',
                prose: true,
                cell: (e) => <ToneMark tone={TONES[e.level]}>{e.words}</ToneMark>,
              },
              { key: 'at', label: 'When', width: '18%', align: 'right', cell: (e) => <When time={e.at} /> },
            ]}
          />
        )}
      </Paged>
    </Panel>
  );
}
