import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { changePassword, ownProof } from '../../api/account';
import { useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { lacksProof, OwnProof } from '../../ui/OwnProof';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { submits } from '../../ui/submit';
import { ChangeMail } from '../admins/ChangeMail';
import { Sessions } from '../admins/Sessions';
import { Factors } from './Factors';
import { Tokens } from './Tokens';

const SHORTEST_PASSWORD = 12;

/** What the signed-in administrator owns: factors, sessions, tokens and the password. */
export default function Account() {
  const me = useMe();
  const [changing, setChanging] = useState<'password' | 'mail'>();
  const close = () => setChanging(undefined);
  return (
    <>
      <PageHead title="My account" lead={`Signed in as ${me.admin.name}.`}>
        <Button variant="default" onClick={() => setChanging('mail')}>
          Change the mail address
        </Button>
        <Button variant="default" onClick={() => setChanging('password')}>
          Change the password
        </Button>
      </PageHead>
      <Stack gap="lg">
        <Factors />
        <Panel title="Where I am signed in" flush>
          <Sessions />
        </Panel>
        <Tokens />
      </Stack>
      {changing === 'password' && <ChangePassword onClose={close} />}
      {changing === 'mail' && <ChangeMail admin={{ ...me.admin, mail: me.mail }} onClose={close} />}
    </>
  );
}

function ChangePassword({ onClose }: { onClose: () => void }) {
  const form = useForm({
    initialValues: { current: '', next: '', again: '' },
    validate: {
      current: (v) => (v ? null : 'Enter the password you have now.'),
      next: (v) => (v.length >= SHORTEST_PASSWORD ? null : `At least ${SHORTEST_PASSWORD} characters.`),
      again: (v, all) => (v === all.next ? null : 'The two passwords differ.'),
    },
  });
  const { methods } = useMe();
  const [code, setCode] = useState('');
  const run = async ({ current, next }: { current: string; next: string }) =>
    changePassword({ current, next, ...(await ownProof(methods, code)) });
  const change = useAct(run, {
    done: () => 'The password is changed. Your other sessions are ended.',
    stale: ['sessions'],
    after: onClose,
  });
  const submit = submits(form, change);
  const field = (name: string, label: string, complete: string) => (
    <PasswordInput
      label={label}
      autoComplete={complete}
      visibilityToggleButtonProps={{ 'aria-label': `Show: ${label.toLowerCase()}` }}
      {...form.getInputProps(name)}
    />
  );
  return (
    <Dialog
      opened
      title="Change the password"
      submit="Change"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={change.isPending}
      error={change.error}
      incomplete={lacksProof(methods, code)}
    >
      {field('current', 'Password now', 'current-password')}
      {field('next', 'New password', 'new-password')}
      {field('again', 'New password again', 'new-password')}
      <OwnProof methods={methods} code={code} onCode={setCode} />
      <Text size="sm" c="dimmed">
        Your other sessions end.
      </Text>
    </Dialog>
  );
}
