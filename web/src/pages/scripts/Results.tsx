import { Code, Group, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { scriptResults } from '../../api/scripts';
import type { AgentResult } from '../../api/types';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { shortId } from '../../ui/shortId';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';

/** What became of a script, computer by computer, newest first. */
export function Results({ id }: { id: string }) {
  return (
    <Panel title="What became of it" flush>
      <Paged query={scriptResults(id)}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed" px="lg" pb="lg">
              No computer has told of it yet. They ask for news within minutes, and tell when it has run; what
              they told is kept for 90 days.
            </Text>
          ) : (
            <Table
              label="What became of it"
              rows={rows}
              id={(r) => r.device.id + r.id}
              columns={[
                {
                  key: 'device',
                  label: 'Computer',
                  width: '22%',
                  cell: (r) => (
                    <Link to="/devices/$id" params={{ id: r.device.id }} search={{ tab: 'commands' }}>
                      {r.device.name || shortId(r.device.id)}
                    </Link>
                  ),
                },
                { key: 'version', label: 'Version', width: '10%', cell: (r) => r.revision },
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
          )
        }
      </Paged>
    </Panel>
  );
}

/** How a run has ended, what the agent says of it, and the end of what it wrote. */
export function Said({ of: r }: { of: AgentResult }) {
  return (
    <Stack gap={4} style={{ overflowWrap: 'anywhere' }}>
      <Group gap="xs">
        <Status state={r.state} />
        {r.words && <Text size="sm">{r.words}</Text>}
      </Group>
      {r.output && (
        <Code block mah={160} style={{ overflow: 'auto', whiteSpace: 'pre-wrap' }} tabIndex={0}>
          {r.output}
        </Code>
      )}
    </Stack>
  );
}
