import { SegmentedControl, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { inviteUser, sendMailAccount, userEnrolment } from '../../api/enrolment';
import type { NewDeviceInvitation } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { TargetField } from '../../ui/TargetField';
import { Trouble } from '../../ui/Trouble';
import { AppFields, type AppWish } from './AppFields';
import { MailAccount } from './MailAccount';
import { Made } from './Made';

interface InviteDialogProps {
  /** The user, where that is settled. */
  user?: { id: string; name: string };
  onClose: () => void;
}

type Way = 'app' | 'mail';

/** Lets a user's device in: by a companion application, or by its mail account. */
export function InviteDialog({ user, onClose }: InviteDialogProps) {
  const [chosen, setChosen] = useState<string | null>(user?.id ?? null);
  const [way, setWay] = useState<Way>('app');
  const [wish, setWish] = useState<AppWish>({ liability: 'corporate', uses: 1, hours: 72, send: false });
  const [made, setMade] = useState<NewDeviceInvitation>();
  const how = useQuery(userEnrolment(chosen ?? ''));
  const lacks = how.data?.lacks ?? '';
  const invite = useAct(() => inviteUser({ user: chosen ?? '', ...wish, send: wish.send && !lacks }), {
    done: () => '',
    stale: ['invitations'],
    after: setMade,
  });
  const send = useAct(() => sendMailAccount(chosen ?? ''), {
    done: () => `The settings are on their way to ${how.data?.mail ?? 'the user'}.`,
    stale: [],
    after: onClose,
  });
  if (made) return <Made made={made} sent={wish.send && !lacks} onClose={onClose} />;
  const run = way === 'app' ? invite : send;
  return (
    <Dialog
      opened
      title={user ? `Invite a device of ${user.name}` : 'Invite a device'}
      submit={way === 'app' ? 'Make the invitation' : 'Send by mail'}
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={!chosen || (way === 'mail' && (!how.data || lacks !== ''))}
    >
      {!user && (
        <TargetField
          kind="user"
          value={chosen}
          onChange={(id) => {
            setChosen(id);
            invite.reset();
            send.reset();
          }}
        />
      )}
      <SegmentedControl
        fullWidth
        aria-label="By which way"
        value={way}
        onChange={(next) => setWay(next as Way)}
        data={[
          { value: 'app', label: 'Companion application' },
          { value: 'mail', label: 'Mail account' },
        ]}
      />
      {how.error && <Trouble error={how.error} />}
      <Stack gap="md">
        {way === 'app' ? (
          <AppFields wish={wish} onChange={setWish} how={how.data} />
        ) : (
          <MailAccount how={how.data} />
        )}
      </Stack>
    </Dialog>
  );
}
