import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { diff, rollBack, versions } from '../../api/policies';
import type { Tagged } from '../../api/client';
import type { SuiteDetail, SuiteVersion } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';

/** What the suite said at each version, and what changed between any two. */
export function Versions({ suite }: { suite: Tagged<SuiteDetail> }) {
  const may = useMay();
  const back = useAct((version: number) => rollBack(suite.id, suite.etag, version), {
    done: (saved) => `Version ${saved.version} is in force, and says what was said before.`,
    stale: ['policies', 'devices', 'overview'],
  });
  const answer = useQuery(versions(suite.id));
  return (
    <Stack gap="lg">
      {back.isError && <Trouble error={back.error} />}
      <Loaded of={answer}>
        {(all) => (
          <>
            <Table
              framed
              label="Versions"
              rows={all}
              id={(v) => String(v.version)}
              columns={[
                { key: 'version', label: 'Version', cell: (v) => `Version ${v.version}` },
                { key: 'by', label: 'By', cell: (v) => v.by },
                { key: 'created', label: 'Made', cell: (v) => <When time={v.created} /> },
                { key: 'note', label: 'Why', cell: (v) => v.note || '–' },
                {
                  key: 'act',
                  label: 'Go back',
                  silent: true,
                  align: 'right',
                  cell: (v) =>
                    may('policy.edit') &&
                    v.version !== suite.version && (
                      <Button
                        size="xs"
                        variant="default"
                        loading={back.isPending && back.variables === v.version}
                        onClick={() => back.mutate(v.version)}
                      >
                        Go back to version {v.version}
                      </Button>
                    ),
                },
              ]}
            />
            {all.length > 1 && <Difference suite={suite} all={all} />}
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Difference({ suite, all }: { suite: SuiteDetail; all: SuiteVersion[] }) {
  const [from, setFrom] = useState(suite.version - 1);
  const [to, setTo] = useState(suite.version);
  const answer = useQuery(diff(suite.id, from, to));
  const data = all.map((v) => ({ value: String(v.version), label: `Version ${v.version}` }));
  return (
    <Panel
      title="What changed"
      aside={
        <Group gap="xs">
          <Select
            aria-label="From version"
            size="xs"
            w={120}
            data={data}
            value={String(from)}
            onChange={(v) => setFrom(Number(v))}
            allowDeselect={false}
          />
          <Select
            aria-label="To version"
            size="xs"
            w={120}
            data={data}
            value={String(to)}
            onChange={(v) => setTo(Number(v))}
            allowDeselect={false}
          />
        </Group>
      }
      flush
    >
      <Loaded of={answer}>
        {(lines) =>
          lines.length === 0 ? (
            <Text size="sm" c="dimmed" px="lg" pb="lg">
              Both say the same.
            </Text>
          ) : (
            <Table
              label="What changed"
              rows={lines}
              id={(l) => l.liability + l.key}
              columns={[
                { key: 'label', label: 'Setting', cell: (l) => l.label },
                { key: 'liability', label: 'For', cell: (l) => `${l.liability} devices` },
                { key: 'before', label: 'Before', cell: (l) => l.before || 'Default' },
                { key: 'after', label: 'After', cell: (l) => l.after || 'Default' },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
