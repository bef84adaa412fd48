import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { command } from '../../api/commands';
import { Loaded } from '../../ui/Loaded';
import { CommandCard } from './CommandCard';

/** One command of the list, opened beside it. */
export function CommandDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const answer = useQuery(command(id));
  return (
    <Drawer opened onClose={onClose} title="Command" size="lg">
      <Loaded of={answer}>{(found) => <CommandCard command={found} />}</Loaded>
    </Drawer>
  );
}
