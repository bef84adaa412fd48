import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ownProof } from '../../api/account';
import { setMail } from '../../api/admins';
import { useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { lacksProof, OwnProof } from '../../ui/OwnProof';

interface ChangeMailProps {
  admin: { id: string; name: string; mail: string };
  onClose: () => void;
}

/** Where an administrator gets notices: one's own address, or that of another. */
export function ChangeMail({ admin, onClose }: ChangeMailProps) {
  const me = useMe();
  const [mail, setAddress] = useState(admin.mail);
  const [code, setCode] = useState('');
  const save = useAct(
    async () => setMail(admin.id, { mail: mail.trim(), ...(await ownProof(me.methods, code)) }),
    { done: () => 'The mail address is changed.', stale: ['admins', 'session'], after: onClose },
  );
  return (
    <Dialog
      opened
      title={admin.id === me.admin.id ? 'Change my mail address' : `Mail address of ${admin.name}`}
      submit="Change"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={lacksProof(me.methods, code)}
    >
      <TextInput
        label="Mail address"
        description="Notices go there. Empty for none."
        type="email"
        autoComplete="off"
        data-autofocus
        value={mail}
        onChange={(event) => setAddress(event.currentTarget.value)}
      />
      <OwnProof methods={me.methods} code={code} onCode={setCode} />
      <Text size="sm" c="dimmed">
        The former address is told.
      </Text>
    </Dialog>
  );
}
