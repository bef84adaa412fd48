import { Button, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { ServerAddress } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { ROLES, type Role, type Shown, TOLD } from './advertise';

interface AddressDialogProps {
  address?: ServerAddress;
  onSave: (address: ServerAddress) => void;
  /** Takes back what was said of it. */
  onForget?: () => void;
  onClose: () => void;
}

const CHOICES = (Object.keys(TOLD) as Shown[]).map((value) => ({ value, label: TOLD[value] }));
const AS_ABOVE = { value: '', label: 'As above' };

/** Says who is told of one address. */
export function AddressDialog({ address, onSave, onForget, onClose }: AddressDialogProps) {
  const inRole = (role: Role) => address?.roles?.find((r) => r.role === role)?.shown ?? '';
  const form = useForm({
    initialValues: {
      url: address?.url ?? 'https://',
      shown: address?.shown ?? ('external' as Shown),
      management: inRole('management'),
      registration: inRole('registration'),
      collection: inRole('collection'),
    },
    validate: {
      url: (v) =>
        /^https:\/\/[^/\s]+\/?$/.test(v.trim()) ? null : 'Write it as https://server.example.org.',
    },
  });
  const submit = form.onSubmit((v) => {
    const roles = ROLES.filter(({ role }) => v[role] && v[role] !== v.shown);
    onSave({
      url: v.url.trim().replace(/\/$/, ''),
      shown: v.shown,
      roles: roles.map(({ role }) => ({ role, shown: v[role] as Shown })),
    });
    onClose();
  });
  return (
    <Dialog
      opened
      title={address ? 'Who is told of this address' : 'Add an address'}
      submit={address ? 'Change it' : 'Add it'}
      onClose={onClose}
      onSubmit={() => submit()}
    >
      <TextInput
        label="Address"
        description="As computers reach it: with the port where it is not 443."
        readOnly={Boolean(address)}
        {...form.getInputProps('url')}
      />
      <Select label="Told to" data={CHOICES} allowDeselect={false} {...form.getInputProps('shown')} />
      {ROLES.map(({ role, label }) => (
        <Select
          key={role}
          label={`For ${label.toLowerCase()}`}
          data={[AS_ABOVE, ...CHOICES]}
          allowDeselect={false}
          {...form.getInputProps(role)}
        />
      ))}
      {onForget && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            onForget();
            onClose();
          }}
        >
          Take back what was said of it
        </Button>
      )}
    </Dialog>
  );
}
