import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { openInvitations } from '../../api/enrolment';
import type { User } from '../../api/types';
import { useMay } from '../../app/me';
import { Dialog } from '../../ui/Dialog';
import { Panel } from '../../ui/Panel';
import { plural } from '../../ui/time';
import { InviteDialog } from './InviteDialog';
import { OpenInvitations } from './OpenInvitations';

/** The way to let a device of anybody in, and what is open. */
export function Invite() {
  const may = useMay();
  const [shown, setShown] = useState<'invite' | 'open'>();
  const open = useQuery({ ...openInvitations(), enabled: may('device.enrol') }).data?.length ?? 0;
  if (!may('device.enrol') || !may('user.read')) return null;
  const close = () => setShown(undefined);
  return (
    <>
      {open > 0 && (
        <Button variant="default" onClick={() => setShown('open')}>
          {plural(open, 'open invitation')}
        </Button>
      )}
      <Button onClick={() => setShown('invite')}>Invite a device</Button>
      {shown === 'invite' && <InviteDialog onClose={close} />}
      {shown === 'open' && (
        <Dialog
          opened
          plain
          size="xl"
          title="Open invitations"
          submit="Close"
          onClose={close}
          onSubmit={close}
        >
          <OpenInvitations />
        </Dialog>
      )}
    </>
  );
}

/** The same of one user. */
export function UserInvitations({ user }: { user: User }) {
  const may = useMay();
  const [inviting, setInviting] = useState(false);
  if (!may('device.enrol')) return null;
  return (
    <Panel
      title="Invitations"
      flush
      aside={
        user.state !== 'disabled' && (
          <Button size="xs" variant="default" onClick={() => setInviting(true)}>
            Invite a device
          </Button>
        )
      }
    >
      <OpenInvitations user={user.id} />
      {inviting && <InviteDialog user={user} onClose={() => setInviting(false)} />}
    </Panel>
  );
}
