import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { deviceResults } from '../../api/computers';
import { scripts } from '../../api/scripts';
import type { AgentResult, Script } from '../../api/types';
import { useMay } from '../../app/me';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';
import { Said } from '../scripts/Results';

/** What became of the scripts and commands on a computer, as its agent told; nothing where it has told nothing. */
export function AgentRuns({ id }: { id: string }) {
  const may = useMay();
  const query = deviceResults(id);
  const answer = useInfiniteQuery(query);
  const known = useQuery({ ...scripts, enabled: may('script.read') }).data ?? [];
  if ((answer.data?.pages[0]?.items.length ?? 0) === 0) return null;
  return (
    <Panel title="What it has run" flush>
      <Paged query={query}>
        {(rows) => (
          <Table
            label="What it has run"
            rows={rows}
            id={(r) => r.id}
            columns={[
              { key: 'of', label: 'What', width: '26%', cell: (r) => <Of result={r} known={known} /> },
              { key: 'said', label: 'Result', prose: true, cell: (r) => <Said of={r} /> },
              {
                key: 'at',
                label: 'When',
                width: '16%',
                align: 'right',
                cell: (r) => <When time={r.made} />,
              },
            ]}
          />
        )}
      </Paged>
    </Panel>
  );
}

function Of({ result: r, known }: { result: AgentResult; known: Script[] }) {
  if (!r.script) return 'A command';
  const script = known.find((s) => s.id === r.script);
  if (!script) return 'A script that is removed';
  return (
    <span>
      <Link to="/scripts/$id" params={{ id: script.id }}>
        {script.name}
      </Link>
      , version {r.revision}
    </span>
  );
}
