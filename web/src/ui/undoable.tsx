import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { sentence } from '../api/client';

/** Says what was done, with a way back for a while. */
export function undoable(words: string, undo: () => Promise<void>) {
  const id = crypto.randomUUID();
  const run = () => {
    notifications.hide(id);
    undo().catch((error: unknown) => notifications.show({ color: 'red', message: sentence(error) }));
  };
  notifications.show({
    id,
    autoClose: 10_000,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{words}</Text>
        <Button size="compact-sm" variant="light" onClick={run}>
          Undo
        </Button>
      </Group>
    ),
  });
}
