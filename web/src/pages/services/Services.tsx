import { Button, Group, Select, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Printer } from 'lucide-react';
import { servers } from '../../api/doors';
import { address } from '../../api/client';
import { useFilters } from '../../app/filters';
import { PageHead } from '../../ui/PageHead';
import { TabList } from '../../ui/TabList';
import { AddressesTab } from './AddressesTab';
import { Catalogue } from './Catalogue';
import { Advice } from './Advice';
import { RulesTab } from './RulesTab';
import { DoorVersions } from './DoorVersions';
import { Visits } from './Visits';

/** Every door of the zone: what is open, to whom, who came, and what a server in a DMZ should close. */
export default function Services() {
  const [filters, setFilters] = useFilters();
  const list = useQuery(servers);
  const server = filters.server ?? '';
  const self = list.data?.find((s) => s.self)?.id ?? '';
  return (
    <>
      <PageHead
        title="Services and access"
        lead="Everything the zone offers over the network, and to whom. What you do not use should be off: a closed door needs no guard."
      >
        <Button
          component="a"
          href={address('/exposure/report')}
          download
          variant="default"
          leftSection={<Printer size={16} />}
        >
          Exposure report
        </Button>
        <Button component="a" href={address('/exposure/pdf')} download variant="default">
          As PDF
        </Button>
      </PageHead>
      <Tabs
        value={filters.tab ?? 'services'}
        onChange={(tab) => setFilters({ tab: tab === 'services' ? '' : (tab ?? ''), service: '' })}
        keepMounted={false}
      >
        <TabList shown={filters.tab ?? 'services'}>
          <Tabs.Tab value="services">Services</Tabs.Tab>
          <Tabs.Tab value="rules">Rules</Tabs.Tab>
          <Tabs.Tab value="addresses">Addresses</Tabs.Tab>
          <Tabs.Tab value="visits">Visits</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="hardening">Hardening</Tabs.Tab>
        </TabList>
        {filters.tab !== 'versions' && (
          <Group mb="lg">
            <Select
              label="Server"
              w={260}
              data={[
                ...(filters.tab === 'hardening' ? [] : [{ value: '', label: 'All servers' }]),
                ...(list.data ?? []).map((s) => ({
                  value: s.id,
                  label: s.self ? `${s.name} (this one)` : s.name,
                })),
              ]}
              value={filters.tab === 'hardening' ? server || self : server}
              onChange={(v) => setFilters({ server: v ?? '' })}
              allowDeselect={false}
            />
          </Group>
        )}
        <Tabs.Panel value="services">
          <Catalogue server={server} onVisits={(service) => setFilters({ tab: 'visits', service })} />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <RulesTab key={server} server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="addresses">
          <AddressesTab key={server} server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="visits">
          <Visits
            server={server}
            service={filters.service ?? ''}
            onService={(service) => setFilters({ service })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <DoorVersions />
        </Tabs.Panel>
        <Tabs.Panel value="hardening">
          {(server || self) && <Advice key={server || self} server={server || self} />}
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
