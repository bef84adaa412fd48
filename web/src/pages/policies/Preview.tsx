import { Group, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { preview } from '../../api/policies';
import { platforms } from '../../api/zone';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';

/** What the suite sends to one platform, and what that platform makes of it. */
export function Preview({ id }: { id: string }) {
  const all = useQuery(platforms);
  const [chosen, setPlatform] = useState<string | null>(null);
  const [liability, setLiability] = useState('corporate');
  const platform = chosen ?? all.data?.[0]?.key ?? '';
  const answer = useQuery(preview(id, platform, liability));
  return (
    <Stack gap="md">
      <Group gap="sm">
        <Select
          aria-label="Platform"
          data={(all.data ?? []).map((p) => ({ value: p.key, label: p.label }))}
          value={platform || null}
          onChange={setPlatform}
          searchable
          allowDeselect={false}
          w={260}
        />
        <SegmentedControl
          aria-label="Owner"
          value={liability}
          onChange={setLiability}
          data={[
            { value: 'corporate', label: 'Corporate' },
            { value: 'personal', label: 'Personal' },
          ]}
        />
      </Group>
      <Loaded of={answer}>
        {(seen) =>
          seen.lines.length === 0 ? (
            <Panel>
              <Text size="sm">This suite sets nothing for these devices. They get mail without rules.</Text>
            </Panel>
          ) : (
            <Table
              framed
              label="Preview"
              rows={seen.lines}
              id={(l) => l.key}
              columns={[
                { key: 'label', label: 'Setting', cell: (l) => l.label },
                { key: 'value', label: 'Value', cell: (l) => l.value },
                {
                  key: 'sends',
                  label: 'What is sent',
                  cell: (l) => (l.sends ? <code title={l.over}>{l.sends}</code> : 'Nothing'),
                },
                {
                  key: 'supported',
                  label: 'What the platform makes of it',
                  cell: (l) => (
                    <div>
                      <Status state={l.fate} />
                      {l.reason && (
                        <Text size="xs" c="dimmed" mt={4} maw={360}>
                          {l.reason}
                        </Text>
                      )}
                    </div>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Stack>
  );
}
