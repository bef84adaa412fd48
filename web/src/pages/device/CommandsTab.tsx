import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { deviceCommands } from '../../api/devices';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { CommandCard } from '../commands/CommandCard';

/** The commands of one device, newest first, moving as they move. */
export function CommandsTab({ id }: { id: string }) {
  const answer = useQuery(deviceCommands(id));
  return (
    <Loaded of={answer}>
      {(commands) =>
        commands.length === 0 ? (
          <Panel>
            <Empty icon={ListChecks} title="Nothing was asked of this device">
              Commands you send from the menu above appear here, and you can follow them step by step.
            </Empty>
          </Panel>
        ) : (
          <Stack gap="md">
            {commands.map((c) => (
              <CommandCard key={c.id} command={c} />
            ))}
          </Stack>
        )
      }
    </Loaded>
  );
}
