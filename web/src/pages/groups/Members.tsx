import { ActionIcon, Button, Drawer, Group as Row, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { devices } from '../../api/devices';
import { join, leave, members, users, type GroupKind } from '../../api/people';
import type { Group } from '../../api/types';
import { useAct } from '../../ui/act';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';

interface MembersProps {
  kind: GroupKind;
  group: Group;
  edit: boolean;
  onClose: () => void;
}

/** Who is in a group. */
export function Members({ kind, group, edit, onClose }: MembersProps) {
  const ofUsers = kind === 'user-groups';
  const inside = useInfiniteQuery(members(kind, group.id));
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const people = useInfiniteQuery({ ...users({ q: search }), enabled: edit && ofUsers });
  const things = useInfiniteQuery({ ...devices({ q: search }), enabled: edit && !ofUsers });
  const stale = [kind, 'devices', 'users'];
  const put = useAct((id: string) => join(kind, group.id, [id]), { stale, after: () => setChosen(null) });
  const take = useAct((id: string) => leave(kind, group.id, [id]), { stale });
  const all = inside.data?.pages.flatMap((p) => p.items) ?? [];
  const options = ofUsers
    ? (people.data?.pages[0]?.items ?? []).map((u) => ({ value: u.id, label: u.name }))
    : (things.data?.pages[0]?.items ?? []).map((d) => ({
        value: d.id,
        label: `${d.name || d.model || d.deviceId} (${d.user.name})`,
      }));
  const total = inside.data?.pages[0]?.total ?? 0;
  const error = inside.error ?? put.error ?? take.error;
  return (
    <Drawer opened onClose={onClose} title={group.name}>
      <Stack gap="md">
        {error && <Trouble error={error} />}
        {edit && (
          <Row gap="xs" wrap="nowrap" align="flex-end">
            <Select
              label={ofUsers ? 'Add a user' : 'Add a device'}
              placeholder="Search…"
              data={options}
              value={chosen}
              onChange={setChosen}
              searchable
              onSearchChange={setSearch}
              nothingFoundMessage="None found"
              style={{ flex: 1 }}
            />
            <Button disabled={!chosen} loading={put.isPending} onClick={() => chosen && put.mutate(chosen)}>
              Add
            </Button>
          </Row>
        )}
        <Text size="sm" c="dimmed" role="status">
          {plural(total, ofUsers ? 'user' : 'device')} in this group
        </Text>
        <Stack gap={4} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {all.map((m) => (
            <Row key={m.id} component="li" justify="space-between" wrap="nowrap">
              <Text size="sm" truncate>
                {m.name}
              </Text>
              {edit && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Take ${m.name} out`}
                  onClick={() => take.mutate(m.id)}
                >
                  <X size={15} />
                </ActionIcon>
              )}
            </Row>
          ))}
        </Stack>
        {inside.hasNextPage && (
          <Button
            variant="default"
            loading={inside.isFetchingNextPage}
            onClick={() => void inside.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </Stack>
    </Drawer>
  );
}
