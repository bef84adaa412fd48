import { Tabs } from '@mantine/core';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { PageHead } from '../../ui/PageHead';
import { TabList } from '../../ui/TabList';
import { Admins } from './Admins';
import { Roles } from './Roles';

/** Who administers the zone, and what each may do. */
export default function Administrators() {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  return (
    <>
      <PageHead title="Administrators" lead="Who administers this zone, and what each of them may do." />
      <Tabs
        value={filters.tab ?? 'people'}
        onChange={(tab) => setFilters({ tab: tab === 'people' ? '' : (tab ?? '') })}
        keepMounted={false}
      >
        <TabList shown={filters.tab ?? 'people'}>
          <Tabs.Tab value="people">People</Tabs.Tab>
          {may('role.read') && <Tabs.Tab value="roles">Roles</Tabs.Tab>}
        </TabList>
        <Tabs.Panel value="people">
          <Admins />
        </Tabs.Panel>
        <Tabs.Panel value="roles">
          <Roles />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
