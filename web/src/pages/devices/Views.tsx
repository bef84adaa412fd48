import { ActionIcon, Button, Group, Menu, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Bookmark, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { dropView, savedViews, saveView } from '../../api/devices';
import type { SavedView } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';

interface ViewsProps {
  query: Record<string, string | undefined>;
  columns: string[];
  onOpen: (view: SavedView) => void;
}

/** Filters, order and columns under a name. */
export function Views({ query, columns, onOpen }: ViewsProps) {
  const views = useQuery(savedViews);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const save = useAct(saveView, {
    done: (view) => `The view “${view.name}” is saved.`,
    stale: ['views'],
    after: () => {
      setNaming(false);
      setName('');
    },
  });
  const drop = useAct(dropView, { done: () => 'The view is gone.', stale: ['views'] });
  const set = Object.fromEntries(Object.entries(query).filter((e): e is [string, string] => Boolean(e[1])));
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<Bookmark size={15} />}>
            Views
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.data?.length === 0 && (
            <Text size="sm" c="dimmed" px="sm" py={6}>
              No saved view yet. Set filters and columns, then save them here.
            </Text>
          )}
          {views.data?.map((view) => (
            <Group key={view.id} gap={0} wrap="nowrap">
              <Menu.Item onClick={() => onOpen(view)}>{view.name}</Menu.Item>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Delete the view ${view.name}`}
                onClick={() => drop.mutate(view.id)}
              >
                <Trash2 size={14} />
              </ActionIcon>
            </Group>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => setNaming(true)}>Save this view…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog
        opened={naming}
        title="Save this view"
        submit="Save"
        onClose={() => setNaming(false)}
        onSubmit={() => save.mutate({ name: name.trim(), query: set, columns })}
        busy={save.isPending}
        error={save.error}
        incomplete={!name.trim()}
      >
        <TextInput
          label="Name"
          description="Keeps the filters, the order and the columns."
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
          data-autofocus
        />
      </Dialog>
    </>
  );
}
