import { Button, Group, List, Paper, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { removeRole, rights, roles } from '../../api/admins';
import type { Right, Role } from '../../api/types';
import { useMay } from '../../app/me';
import { Confirm } from '../../ui/Confirm';
import { Loaded } from '../../ui/Loaded';
import { ToneMark } from '../../ui/Status';
import { plural } from '../../ui/time';
import { EditRole, RoleForm } from './RoleForm';

/** Sets of rights, built in and of one's own making. */
export function Roles() {
  const may = useMay();
  const answer = useQuery(roles);
  const all = useQuery(rights);
  const [form, setForm] = useState<Role | 'new'>();
  const [removing, setRemoving] = useState<Role>();
  const edit = may('role.edit');
  return (
    <Stack gap="md">
      {edit && (
        <Group>
          <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
            New role
          </Button>
        </Group>
      )}
      <Loaded of={answer}>
        {(found) =>
          found.map((role) => (
            <Paper
              key={role.id}
              withBorder
              p="lg"
              bg="var(--card)"
              component="section"
              aria-label={role.name}
            >
              <Group justify="space-between" align="flex-start">
                <div>
                  <Group gap="sm">
                    <Text fw={600} component="h2" m={0} fz={16}>
                      {role.name}
                    </Text>
                    {role.builtIn && <ToneMark tone="off">Built in</ToneMark>}
                  </Group>
                  <Text size="sm" c="dimmed">
                    {role.description && `${role.description} `}
                    {plural(role.administrators, 'administrator')}
                  </Text>
                </div>
                {edit && !role.builtIn && (
                  <Group gap="xs">
                    <Button size="xs" variant="default" onClick={() => setForm(role)}>
                      Edit
                    </Button>
                    <Button size="xs" variant="default" onClick={() => setRemoving(role)}>
                      Remove
                    </Button>
                  </Group>
                )}
              </Group>
              <Words role={role} all={all.data ?? []} />
            </Paper>
          ))
        }
      </Loaded>
      {form === 'new' && <RoleForm onClose={() => setForm(undefined)} />}
      {form && form !== 'new' && <EditRole id={form.id} onClose={() => setForm(undefined)} />}
      {removing && <Remove role={removing} onClose={() => setRemoving(undefined)} />}
    </Stack>
  );
}

/** The rights of a role, in words. */
function Words({ role, all }: { role: Role; all: Right[] }) {
  const held = all.filter((r) => role.rights.includes(r.key));
  if (all.length > 0 && held.length === all.length) {
    return (
      <Text size="sm" mt="sm">
        May do everything.
      </Text>
    );
  }
  return (
    <List size="sm" mt="sm" style={{ columns: '300px', columnGap: 40 }}>
      {held.map((r) => (
        <List.Item key={r.key}>{r.label}</List.Item>
      ))}
    </List>
  );
}

function Remove({ role, onClose }: { role: Role; onClose: () => void }) {
  return (
    <Confirm
      title={`Remove ${role.name}?`}
      submit="Remove"
      run={() => removeRole(role.id)}
      done={() => `${role.name} is removed.`}
      stale={['roles', 'approvals']}
      onClose={onClose}
    >
      <Text size="sm">
        {role.administrators > 0
          ? `${plural(role.administrators, 'administrator')} hold it. Give them another role first.`
          : 'Nobody holds it.'}
      </Text>
    </Confirm>
  );
}
