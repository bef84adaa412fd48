import { Anchor, Group, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { device } from '../../api/devices';
import type { Tagged } from '../../api/client';
import type { DeviceDetail } from '../../api/types';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { isComputer } from '../../ui/platforms';
import { Status } from '../../ui/Status';
import { TabList } from '../../ui/TabList';
import { When } from '../../ui/When';
import { owner } from '../devices/columns';
import { AccessTab } from './AccessTab';
import { Acts } from './Acts';
import { AuditTab } from './AuditTab';
import { CommandsTab } from './CommandsTab';
import { ComplianceTab } from './ComplianceTab';
import { FactsTab } from './FactsTab';
import { InventoryTab } from './InventoryTab';
import { PersonalTab } from './PersonalTab';
import { PolicyTab } from './PolicyTab';
import { Standing } from './Standing';

/** Everything about one device. Each tab has its own address. */
export default function DevicePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = useQuery(device(id));
  return <Loaded of={answer}>{(found) => <Page device={found} />}</Loaded>;
}

function Page({ device: d }: { device: Tagged<DeviceDetail> }) {
  const [filters, setFilters] = useFilters();
  const may = useMay();
  const computer = isComputer(d.platform);
  return (
    <>
      <Text size="sm" mb={4}>
        <Anchor component={Link} to="/devices" size="sm">
          Devices
        </Anchor>
      </Text>
      <PageHead
        title={d.name || d.model || d.deviceId}
        lead={
          <Group gap="sm" mt={6}>
            {!computer && <Status state={d.access} />}
            {d.mark && <Status state={d.mark} />}
            {(computer || d.state !== 'active') && <Status state={d.state} />}
            <span>
              {d.platformLabel}
              {d.user.id ? ` of ${d.user.name}` : ', nobody’s'}, {owner(d.liability).toLowerCase()}, last
              contact <When time={d.lastContact} never="never" />
            </span>
          </Group>
        }
      >
        <Standing device={d} />
        <Acts device={d} />
      </PageHead>
      <Tabs
        value={filters.tab ?? 'facts'}
        onChange={(tab) => setFilters({ tab: tab === 'facts' ? '' : (tab ?? ''), section: '', changes: '' })}
        keepMounted={false}
      >
        <TabList shown={filters.tab ?? 'facts'}>
          <Tabs.Tab value="facts">Facts</Tabs.Tab>
          {may('inventory.read') && <Tabs.Tab value="inventory">Inventory</Tabs.Tab>}
          <Tabs.Tab value="policy">Policy</Tabs.Tab>
          {may('command.read') && <Tabs.Tab value="commands">Commands</Tabs.Tab>}
          {!computer && <Tabs.Tab value="access">Access</Tabs.Tab>}
          {may('compliance.read') && <Tabs.Tab value="compliance">Compliance</Tabs.Tab>}
          <Tabs.Tab value="personal">Personal data</Tabs.Tab>
          {may('audit.read') && <Tabs.Tab value="audit">Audit</Tabs.Tab>}
        </TabList>
        <Tabs.Panel value="facts">
          <FactsTab device={d} />
        </Tabs.Panel>
        {may('inventory.read') && (
          <Tabs.Panel value="inventory">
            <InventoryTab device={d} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="policy">
          <PolicyTab id={d.id} />
        </Tabs.Panel>
        <Tabs.Panel value="commands">
          <CommandsTab device={d} />
        </Tabs.Panel>
        {!computer && (
          <Tabs.Panel value="access">
            <AccessTab device={d} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="compliance">
          <ComplianceTab id={d.id} />
        </Tabs.Panel>
        <Tabs.Panel value="personal">
          <PersonalTab device={d} />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditTab id={d.id} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
