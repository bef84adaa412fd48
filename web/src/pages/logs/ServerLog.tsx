import { Button, Drawer, Group, Select, Stack, Text } from '@mantine/core';
import { FileText } from 'lucide-react';
import { useState } from 'react';
import { exportOf, serverLog } from '../../api/logs';
import type { LogLine } from '../../api/types';
import { useFilters } from '../../app/filters';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Grid, type GridColumn } from '../../ui/Grid';
import { PageHead } from '../../ui/PageHead';
import { SearchField } from '../../ui/SearchField';
import { ToneMark } from '../../ui/Status';
import { exactly } from '../../ui/time';
import { When } from '../../ui/When';
import { details, LEVELS, levelTone, levelWord } from './words';

function columns(open: (l: LogLine) => void): GridColumn<LogLine>[] {
  return [
    {
      key: 'message',
      label: 'What',
      track: 'minmax(220px, 1.2fr)',
      phone: 'lead',
      cell: (l) => (
        <button type="button" className="link" onClick={() => open(l)}>
          {l.message}
        </button>
      ),
    },
    {
      key: 'fields',
      label: 'Details',
      track: 'minmax(200px, 2fr)',
      phone: 'second',
      cell: details,
    },
    {
      key: 'level',
      label: 'Level',
      track: '130px',
      phone: 'mark',
      cell: (l) => (
        <ToneMark tone={levelTone(l.level)} plain>
          {levelWord(l.level)}
        </ToneMark>
      ),
    },
    { key: 'at', label: 'When', track: '140px', cell: (l) => <When time={l.at} /> },
  ];
}

/** The log of the server that answers, as it grows, without anything that leads to a person. */
export default function ServerLog() {
  const [filters, setFilters] = useFilters();
  const [opened, setOpened] = useState<LogLine>();
  const query = { level: filters.level || 'info', search: filters.search };
  return (
    <>
      <PageHead
        title="Server log"
        lead="What the server that answers has done. What leads to a person is left out. New lines appear by themselves."
      >
        <Button variant="default" component="a" href={exportOf('/log/server', query)} download>
          Export as JSON
        </Button>
      </PageHead>
      <Group gap="xs" mb="md" align="flex-end">
        <SearchField
          label="Search the log"
          placeholder="Message or field"
          value={filters.search ?? ''}
          onChange={(search) => setFilters({ search })}
        />
        <Select
          aria-label="Least important level"
          data={LEVELS}
          value={query.level}
          onChange={(level) => setFilters({ level: level === 'info' ? '' : (level ?? '') })}
          allowDeselect={false}
          w={{ base: '100%', xs: 220 }}
        />
      </Group>
      <Grid
        label="Server log"
        noun="line"
        query={serverLog(query)}
        columns={columns(setOpened)}
        id={(l) => l.at + l.message + (l.fields.request ?? '')}
        name={(l) => l.message}
        empty={
          <Empty icon={FileText} title="No such line">
            The log holds no line like this. Try a lower level or fewer words.
          </Empty>
        }
      />
      <Drawer
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        title="Line"
        position="right"
      >
        {opened && <Line line={opened} />}
      </Drawer>
    </>
  );
}

function Line({ line }: { line: LogLine }) {
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <Text fw={600}>{line.message}</Text>
        <ToneMark tone={levelTone(line.level)}>{levelWord(line.level)}</ToneMark>
      </Group>
      <Facts rows={[['When', exactly(line.at)], ...Object.entries(line.fields)]} />
    </Stack>
  );
}
