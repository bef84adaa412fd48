import { Button, Group, Text } from '@mantine/core';
import { Printer } from 'lucide-react';
import { useMemo } from 'react';
import { renderSVG } from 'uqr';
import type { NewDeviceInvitation } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Secret } from '../../ui/Secret';
import { exactly, plural } from '../../ui/time';
import { Sheet } from './Sheet';
import classes from './enrol.module.css';

interface MadeProps {
  made: NewDeviceInvitation;
  sent: boolean;
  onClose: () => void;
}

/** An invitation, the one time that it is shown. */
export function Made({ made, sent, onClose }: MadeProps) {
  const code = useMemo(
    () => `data:image/svg+xml,${encodeURIComponent(renderSVG(made.link, { border: 2 }))}`,
    [made.link],
  );
  return (
    <Dialog
      opened
      plain
      title={`Invitation of ${made.user.name}`}
      submit="Done"
      onClose={onClose}
      onSubmit={onClose}
    >
      <Sheet title="Enrol a device">
        <img src={code} width={220} height={220} alt="QR code of the link below" className={classes.code} />
        <Text size="sm" mt="sm">
          Scan this on the device with your organization’s management application, or open the link there. For{' '}
          {plural(made.uses, 'device')}, until {exactly(made.expires)}.
        </Text>
        <Text size="sm" className={classes.printed}>
          {made.link}
        </Text>
      </Sheet>
      <Secret name="link" value={made.link} />
      <Group>
        <Button variant="default" leftSection={<Printer size={15} />} onClick={() => window.print()}>
          Print
        </Button>
      </Group>
      <Callout
        tone="wait"
        title={sent ? 'It was sent by mail, and is shown this once' : 'It is shown this once'}
      >
        <Text size="sm">
          Give it to {made.user.name} alone: who has it enrols in their name. It can be taken back under Open
          invitations.
        </Text>
      </Callout>
    </Dialog>
  );
}
