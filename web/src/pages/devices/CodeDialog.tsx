import { Select, Text } from '@mantine/core';
import { useState } from 'react';
import { makeCode } from '../../api/registration';
import type { NewComputerCode, Ref } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { exactly } from '../../ui/time';
import { LIVES } from './JoinDialog';
import { JoinLines } from './JoinLines';

/** Makes the one-time code of a computer that is in the lists, and shows the line with it. */
export function CodeDialog({ device, onClose }: { device: Ref; onClose: () => void }) {
  const [hours, setHours] = useState(72);
  const [made, setMade] = useState<NewComputerCode>();
  const make = useAct(() => makeCode(device.id, hours), { stale: ['registration'], after: setMade });
  if (made) {
    return (
      <JoinLines
        title={`Run this on ${device.name}`}
        join={made.join}
        warning="The code is shown this once"
        words={`Who has it comes in as ${device.name}, once, until ${exactly(made.expires)}. Where the agent is registered still, add --again.`}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      opened
      title={`Register ${device.name}`}
      submit="Make the code"
      onClose={onClose}
      onSubmit={() => make.mutate()}
      busy={make.isPending}
      error={make.error}
    >
      <Text size="sm">
        A one-time code lets this very computer in: for the first time, or again with another key, such as
        after it was set up anew. It keeps its name, folder, groups and history. Its old key ends when it
        comes, and an earlier code ends now.
      </Text>
      <Select
        label="Good for"
        data={LIVES}
        value={String(hours)}
        onChange={(next) => setHours(Number(next))}
        allowDeselect={false}
      />
    </Dialog>
  );
}
