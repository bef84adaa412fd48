import { Stack, Text } from '@mantine/core';
import type { NewInventoryToken } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Secret } from '../../ui/Secret';
import { AgentsOff } from '../software/ForeignAgents';

interface AgentSetupProps {
  made: NewInventoryToken;
  /** The computer, where it has just been added. */
  name?: string;
  onClose: () => void;
}

/** What goes into the configuration of an inventory agent, the one time that the token is shown. */
export function AgentSetup({ made, name, onClose }: AgentSetupProps) {
  return (
    <Dialog
      opened
      plain
      size="lg"
      title={name ? `${name} is added: set up its agent` : 'Set up its inventory agent'}
      submit="Done"
      onClose={onClose}
      onSubmit={onClose}
    >
      <AgentsOff />
      <Callout tone="wait" title="The token is shown this once">
        Who has it tells this computer’s inventory, and nothing else.
      </Callout>
      <Way title="Token">
        <Secret name="token" value={made.token} />
      </Way>
      <Way title="GLPI Agent" how="With the token as its password, and any user.">
        <Secret name="address for GLPI Agent" value={made.urls[0] ?? ''} />
      </Way>
      <Way title="FusionInventory" how="With the token as its password, and any user.">
        <Secret name="address for FusionInventory" value={made.urls[1] ?? ''} />
      </Way>
      <Way
        title="OCS Inventory, and whoever cannot send a password"
        how="The token is in the address, which proxies on the way may write down."
      >
        <Secret name="address for OCS Inventory" value={made.url} />
      </Way>
      <Text size="sm" c="dimmed">
        The agent has to trust the zone’s certificate: ca-cert-file, or ca of OCS Inventory.
      </Text>
    </Dialog>
  );
}

function Way({ title, how, children }: { title: string; how?: string; children: React.ReactNode }) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      {how && (
        <Text size="sm" c="dimmed">
          {how}
        </Text>
      )}
      {children}
    </Stack>
  );
}
