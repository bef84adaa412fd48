import { ActionIcon, Button, Drawer, Group as Row, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { devices } from '../../api/devices';
import { join, leave, members, users, type GroupKind } from '../../api/people';
import type { Device, Group } from '../../api/types';
import { useAct } from '../../ui/act';
import { person } from '../../ui/actor';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';

interface MembersProps {
  kind: GroupKind;
  group: Group;
  edit: boolean;
  onClose: () => void;
}

/** A device by its name and its user: phones of one model have one name. */
const told = (d: Device) => ({ id: d.id, name: `${d.name || d.model || d.deviceId} (${person(d.user)})` });

/** Who is in a group. */
export function Members({ kind, group, edit: may, onClose }: MembersProps) {
  const edit = may && !group.directory && group.kind === 'chosen';
  const ofUsers = kind === 'user-groups';
  const inside = useInfiniteQuery({ ...members(kind, group.id), enabled: ofUsers });
  const held = useInfiniteQuery({ ...devices({ group: group.id }), enabled: !ofUsers });
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const people = useInfiniteQuery({ ...users({ q: search }), enabled: edit && ofUsers });
  const things = useInfiniteQuery({ ...devices({ q: search }), enabled: edit && !ofUsers });
  const stale = [kind, 'devices', 'users'];
  const put = useAct((id: string) => join(kind, group.id, [id]), { stale, after: () => setChosen(null) });
  const take = useAct((id: string) => leave(kind, group.id, [id]), { stale });
  const list = ofUsers ? inside : held;
  const all = ofUsers
    ? (inside.data?.pages.flatMap((p) => p.items) ?? [])
    : (held.data?.pages.flatMap((p) => p.items) ?? []).map(told);
  const options = ofUsers
    ? (people.data?.pages[0]?.items ?? []).map((u) => ({ value: u.id, label: u.name }))
    : (things.data?.pages[0]?.items ?? []).map(told).map(({ id, name }) => ({ value: id, label: name }));
  const total = list.data?.pages[0]?.total ?? 0;
  const error = list.error ?? put.error ?? take.error;
  return (
    <Drawer opened onClose={onClose} title={group.name}>
      <Stack gap="md">
        {error && <Trouble error={error} />}
        {group.directory && <Text size="sm">The directory says who is in it: change its members there.</Text>}
        {group.kind === 'rule' && <Text size="sm">Its conditions say what is in it: change those.</Text>}
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
        {list.hasNextPage && (
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </Stack>
    </Drawer>
  );
}
