import { Anchor, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Boxes } from 'lucide-react';
import { deviceInventory } from '../../api/inventory';
import type { DeviceDetail, InventorySection as Section } from '../../api/types';
import { useFilters } from '../../app/filters';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { count } from '../../ui/time';
import { When } from '../../ui/When';
import { AgentEvents } from './AgentEvents';
import { InventoryAgent } from './InventoryAgent';
import { InventoryChanges } from './InventoryChanges';
import { InventorySection } from './InventorySection';

const COMPUTER = 'computer';

/** What the device is made of and what is installed on it, what has changed, and the agent that tells it. */
export function InventoryTab({ device: d }: { device: DeviceDetail }) {
  const [filters, setFilters] = useFilters();
  const answer = useQuery(deviceInventory(d.id));
  const open = (section: string) => setFilters({ section });
  return (
    <Loaded of={answer}>
      {(sections) =>
        filters.section ? (
          <InventorySection id={d.id} section={filters.section} sections={sections} onOpen={open} />
        ) : (
          <Stack gap="lg">
            {sections.length === 0 ? (
              <Panel>
                <Nothing computer={d.platform === COMPUTER} />
              </Panel>
            ) : (
              <>
                <Sections sections={sections} onOpen={open} />
                <InventoryChanges id={d.id} sections={sections} />
              </>
            )}
            <AgentEvents id={d.id} />
            {d.platform === COMPUTER && <InventoryAgent id={d.id} />}
          </Stack>
        )
      }
    </Loaded>
  );
}

function Nothing({ computer }: { computer: boolean }) {
  return (
    <Empty icon={Boxes} title="It has told no inventory yet">
      {computer
        ? 'Put the server’s address and the token of this computer into its inventory agent, and let it run once. Both are shown when you make the token below.'
        : 'Computers tell one, by an inventory agent. What a phone tells of itself stands under Facts.'}
    </Empty>
  );
}

interface SectionsProps {
  sections: Section[];
  onOpen: (section: string) => void;
}

function Sections({ sections, onOpen }: SectionsProps) {
  return (
    <Panel title="What it has told" flush>
      <Table
        label="What it has told"
        rows={sections}
        id={(s) => s.section}
        columns={[
          {
            key: 'title',
            label: 'Section',
            cell: (s) => (
              <Anchor component="button" type="button" size="sm" onClick={() => onOpen(s.section)}>
                {s.title}
              </Anchor>
            ),
          },
          { key: 'items', label: 'Entries', width: '14%', cell: (s) => count(s.items) },
          { key: 'source', label: 'Told by', width: '34%', cell: (s) => s.source || '–' },
          {
            key: 'changed',
            label: 'Changed',
            width: '18%',
            align: 'right',
            cell: (s) => <When time={s.changed} />,
          },
        ]}
      />
    </Panel>
  );
}
