import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { FileUp, Plus, Users as Icon } from 'lucide-react';
import { useState } from 'react';
import { users } from '../../api/people';
import type { User } from '../../api/types';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { Empty } from '../../ui/Empty';
import { Grid, type GridColumn } from '../../ui/Grid';
import { PageHead } from '../../ui/PageHead';
import { SearchField } from '../../ui/SearchField';
import { Status } from '../../ui/Status';
import { plural } from '../../ui/time';
import { ImportUsers } from './ImportUsers';
import { PortalRights } from './PortalRights';
import { UserForm } from './UserForm';

const COLUMNS: GridColumn<User>[] = [
  {
    key: 'name',
    label: 'User',
    track: 'minmax(160px, 1fr)',
    phone: 'lead',
    cell: (u) => (
      <Link to="/users/$id" params={{ id: u.id }}>
        {u.name}
      </Link>
    ),
  },
  { key: 'displayName', label: 'Full name', track: 'minmax(160px, 1.2fr)', cell: (u) => u.displayName },
  { key: 'mail', label: 'Mail', track: 'minmax(200px, 1.4fr)', phone: 'second', cell: (u) => u.mail },
  { key: 'devices', label: 'Devices', track: '120px', cell: (u) => plural(u.devices, 'device') },
  { key: 'state', label: 'State', track: '140px', phone: 'mark', cell: (u) => <Status state={u.state} /> },
];

/** The people whose devices are in the zone. */
export default function Users() {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  const [open, setOpen] = useState<'add' | 'import'>();
  const acts = may('user.edit') && (
    <Group gap="xs" justify="center">
      <PortalRights />
      <Button variant="default" leftSection={<FileUp size={15} />} onClick={() => setOpen('import')}>
        Import
      </Button>
      <Button leftSection={<Plus size={16} />} onClick={() => setOpen('add')}>
        Add a user
      </Button>
    </Group>
  );
  return (
    <>
      <PageHead title="Users" lead="The people whose devices are in this zone.">
        {acts}
      </PageHead>
      <Group gap="xs" mb="md">
        <SearchField
          label="Search users"
          placeholder="Name or mail…"
          value={filters.q ?? ''}
          onChange={(q) => setFilters({ q })}
        />
      </Group>
      <Grid
        label="Users"
        noun="user"
        query={users({ q: filters.q })}
        columns={COLUMNS}
        id={(u) => u.id}
        name={(u) => u.name}
        empty={
          filters.q ? (
            <Empty icon={Icon} title="No user matches">
              Search for part of a name or mail address.
            </Empty>
          ) : (
            <Empty icon={Icon} title="No user yet">
              Users come by themselves when they first sign in with a phone, where the mail server’s entry
              lets them. You can also add or import them beforehand.
            </Empty>
          )
        }
      />
      {open === 'add' && <UserForm onClose={() => setOpen(undefined)} />}
      {open === 'import' && <ImportUsers onClose={() => setOpen(undefined)} />}
    </>
  );
}
