import { PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Tagged } from '../../api/client';
import { addUser, editUser, setUserPassword, type UserForm as Values } from '../../api/people';
import type { User } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';

/** Adds a user, or changes one. */
export function UserForm({ user, onClose }: { user?: Tagged<User>; onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: {
      name: user?.name ?? '',
      displayName: user?.displayName ?? '',
      mail: user?.mail ?? '',
      password: '',
    },
    validate: { name: (v) => (v.trim() ? null : 'Enter the name they sign in with.') },
  });
  const save = useAct(
    async ({ name, displayName, mail, password }: Values) => {
      if (!user) return addUser({ name, displayName, mail, password: password || undefined });
      const saved = await editUser(user.id, user.etag, { displayName, mail });
      if (password) await setUserPassword(user.id, password);
      return saved;
    },
    { done: () => (user ? 'Saved.' : 'Added.'), stale: ['users'], after: onClose },
  );
  const submit = submits(form, save);
  return (
    <Dialog
      opened
      title={user ? 'Edit the user' : 'Add a user'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
    >
      <TextInput
        label="Name"
        description="As they sign in to their mail."
        autoComplete="off"
        readOnly={Boolean(user)}
        data-autofocus={user ? undefined : true}
        {...form.getInputProps('name')}
      />
      <TextInput label="Full name (optional)" autoComplete="off" {...form.getInputProps('displayName')} />
      <TextInput
        label="Mail address (optional)"
        type="email"
        autoComplete="off"
        {...form.getInputProps('mail')}
      />
      <PasswordInput
        label="Password for Drover’s own pages (optional)"
        description="Mail passwords are never kept here: the mail server checks them."
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        {...form.getInputProps('password')}
      />
    </Dialog>
  );
}
