import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { deviceCommands } from '../../api/devices';
import type { Command, Device } from '../../api/types';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { hasAgent } from '../../ui/platforms';
import { CommandCard } from '../commands/CommandCard';
import { AgentRuns } from './AgentRuns';

/** The commands of one device, newest first, moving as they move. */
export function CommandsTab({ device }: { device: Device }) {
  const answer = useQuery(deviceCommands(device.id));
  return (
    <Stack gap="lg">
      <Loaded of={answer}>{(commands) => <Commands commands={commands} />}</Loaded>
      {hasAgent(device.platform) && <AgentRuns id={device.id} />}
    </Stack>
  );
}

function Commands({ commands }: { commands: Command[] }) {
  return commands.length === 0 ? (
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
  );
}
