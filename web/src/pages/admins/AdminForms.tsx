import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { ownProof } from '../../api/account';
import { actOnAdmin, addAdmin, invite, setGrants, type AdminAct, type GrantDraft } from '../../api/admins';
import type { Admin, Waiting } from '../../api/types';
import { useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { lacksProof, OwnProof } from '../../ui/OwnProof';
import { Secret } from '../../ui/Secret';
import { submits } from '../../ui/submit';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { GrantsField } from './GrantsField';

const STALE = ['admins', 'roles', 'session', 'overview', 'approvals', 'sessions'];

/** What became of a change that others may have to approve. */
function outcome(waiting: Waiting, done: string): string {
  return waiting.approval
    ? `Asked. It waits for ${plural(waiting.needed, 'approval')} under Commands.`
    : done;
}

function complete(grants: GrantDraft[]): boolean {
  return grants.every((g) => g.role !== '' && g.groups?.length !== 0);
}

function Held() {
  const { zone } = useMe();
  if (zone.quorum === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      {plural(zone.quorum, 'other administrator')} must approve this before it takes effect.
    </Text>
  );
}

export function AddAdmin({ onClose, onAdded }: { onClose: () => void; onAdded: (admin: Admin) => void }) {
  const [grants, setDraft] = useState<GrantDraft[]>([{ role: '' }]);
  const form = useForm({
    initialValues: { name: '', mail: '' },
    validate: { name: (v) => (v.trim() ? null : 'Choose a name.') },
  });
  const add = useAct((values: { name: string; mail: string }) => addAdmin({ ...values, grants }), {
    done: ({ admin, waiting }) => outcome(waiting, `${admin.name} is invited.`),
    stale: STALE,
    after: ({ admin }) => onAdded(admin),
  });
  const submit = submits(form, add);
  return (
    <Dialog
      opened
      size="lg"
      title="Add an administrator"
      submit="Add"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={add.isPending}
      error={add.error}
      incomplete={!complete(grants)}
    >
      <TextInput label="Name" autoComplete="off" data-autofocus {...form.getInputProps('name')} />
      <TextInput label="Mail (optional)" type="email" autoComplete="off" {...form.getInputProps('mail')} />
      <GrantsField value={grants} onChange={setDraft} />
      <Text size="sm" c="dimmed">
        They choose their password and second factor by a one-time link. A new administrator approves nothing
        for the first day.
      </Text>
      <Held />
    </Dialog>
  );
}

export function ChangeGrants({ admin, onClose }: { admin: Admin; onClose: () => void }) {
  const [grants, setDraft] = useState<GrantDraft[]>(
    admin.grants.map((g) => ({ role: g.role.id, groups: g.whole ? undefined : g.groups.map((x) => x.id) })),
  );
  const save = useAct(() => setGrants(admin.id, grants), {
    done: ({ waiting }) => outcome(waiting, 'The roles are changed.'),
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      size="lg"
      title={`Roles of ${admin.name}`}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={!complete(grants)}
    >
      <GrantsField value={grants} onChange={setDraft} />
      <Held />
    </Dialog>
  );
}

const ACTS: Record<AdminAct, { label: string; text: string; done: string }> = {
  disable: {
    label: 'Disable',
    text: 'They are signed out everywhere, and their tokens end, at once.',
    done: 'Disabled, and signed out everywhere.',
  },
  enable: { label: 'Enable', text: 'They may sign in again with what they had.', done: 'Enabled.' },
  reset: {
    label: 'Reset',
    text: 'Their password and second factors are taken away. They need a new one-time link, and approve nothing for a day.',
    done: 'Reset. Make a one-time link for them.',
  },
};

export function AskAct({ admin, act, onClose }: { admin: Admin; act: AdminAct; onClose: () => void }) {
  const words = ACTS[act];
  const run = useAct(() => actOnAdmin(admin.id, act), {
    done: ({ waiting }) => outcome(waiting, words.done),
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger={act !== 'enable'}
      title={`${words.label} ${admin.name}?`}
      submit={words.label}
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
    >
      <Text size="sm">{words.text}</Text>
      {act !== 'disable' && <Held />}
    </Dialog>
  );
}

/** Makes a one-time link on demand and shows it once. */
export function InviteAdmin({ admin, onClose }: { admin: Admin; onClose: () => void }) {
  const { methods } = useMe();
  const [code, setCode] = useState('');
  const make = useAct(async () => invite(admin.id, await ownProof(methods, code)), { stale: ['admins'] });
  return (
    <Modal opened onClose={onClose} title={`One-time link for ${admin.name}`} size="lg">
      <Stack gap="md">
        <Text size="sm">
          Give it to them in person or by a channel you trust. It works once; a new link ends the one before.
        </Text>
        {make.isError && <Trouble error={make.error} />}
        {make.data ? (
          <Secret value={window.location.origin + make.data.path} name="link" />
        ) : (
          <>
            <OwnProof methods={methods} code={code} onCode={setCode} />
            <Button
              loading={make.isPending}
              disabled={lacksProof(methods, code)}
              onClick={() => make.mutate()}
            >
              Make the link
            </Button>
          </>
        )}
      </Stack>
    </Modal>
  );
}
