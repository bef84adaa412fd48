import { Button, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { openComputerKeys } from '../../api/computers';
import { useMay } from '../../app/me';
import { Dialog } from '../../ui/Dialog';
import { plural } from '../../ui/time';
import { ComputerKeys } from './ComputerKeys';
import { JoinDialog } from './JoinDialog';
import { TellDialog } from './TellDialog';

/** How a computer comes in: by our own agent, or by an inventory agent of others. */
export type Way = 'ours' | 'others';

/** The ways to let computers in, and what is open. */
export function AddComputer() {
  const may = useMay();
  const [shown, setShown] = useState<Way | 'keys'>();
  const open = useQuery({ ...openComputerKeys, enabled: may('device.enrol') }).data?.length ?? 0;
  if (!may('device.enrol')) return null;
  const close = () => setShown(undefined);
  const choice = <Choice way={shown === 'others' ? 'others' : 'ours'} onChange={setShown} />;
  return (
    <>
      {open > 0 && (
        <Button variant="default" onClick={() => setShown('keys')}>
          {plural(open, 'open key')}
        </Button>
      )}
      <Button variant="default" onClick={() => setShown('ours')}>
        Add a computer
      </Button>
      {shown === 'ours' && <JoinDialog choice={choice} onClose={close} />}
      {shown === 'others' && <TellDialog choice={choice} onClose={close} />}
      {shown === 'keys' && (
        <Dialog opened plain size="xl" title="Open keys" submit="Close" onClose={close} onSubmit={close}>
          <ComputerKeys />
        </Dialog>
      )}
    </>
  );
}

function Choice({ way, onChange }: { way: Way; onChange: (way: Way) => void }) {
  return (
    <SegmentedControl
      fullWidth
      aria-label="By which agent"
      value={way}
      onChange={(next) => onChange(next as Way)}
      data={[
        { value: 'ours', label: 'Drover’s agent' },
        { value: 'others', label: 'Inventory agent of others' },
      ]}
    />
  );
}
