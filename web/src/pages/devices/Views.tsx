import { ActionIcon, Button, Group, Popover, Stack, Text, TextInput } from '@mantine/core';
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
  const [opened, setOpened] = useState(false);
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
  const open = (view: SavedView) => {
    setOpened(false);
    onOpen(view);
  };
  const startNaming = () => {
    setOpened(false);
    setNaming(true);
  };
  return (
    <>
      <Popover position="bottom-end" withArrow trapFocus width={270} opened={opened} onChange={setOpened}>
        <Popover.Target>
          <Button
            variant="default"
            leftSection={<Bookmark size={15} />}
            onClick={() => setOpened(!opened)}
            visibleFrom="sm"
          >
            Views
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Saved views">
          <Stack gap={4}>
            {views.data?.length === 0 && (
              <Text size="sm" c="dimmed">
                No saved view yet. Set filters and columns, then save them here.
              </Text>
            )}
            {views.data?.map((view) => (
              <Group key={view.id} gap={4} wrap="nowrap">
                <Button variant="subtle" color="gray" justify="start" fullWidth onClick={() => open(view)}>
                  {view.name}
                </Button>
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
            <Button variant="default" mt={4} onClick={startNaming}>
              Save this view…
            </Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
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
