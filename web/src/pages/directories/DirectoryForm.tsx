import {
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import type { Tagged } from '../../api/client';
import { addDirectory, directory, editDirectory, tryDirectory } from '../../api/directories';
import type { Asked } from '../../api/mail';
import type { Directory } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits, unplaced } from '../../ui/submit';
import { Trial } from '../../ui/Trial';
import { outcome } from '../../ui/waiting';
import { BLANK, draftOf, valuesOf, type Values } from './draft';
import { LDAPFields } from './LDAPFields';
import { MoreLDAP } from './MoreLDAP';
import { RolesField } from './RolesField';
import { Seen } from './TestDialog';

interface FormProps {
  title: string;
  initial: Values;
  /** A password is kept, unless another one is typed. */
  known?: Directory;
  save: (values: Values) => Promise<Asked<Directory>>;
  done: string;
  onClose: () => void;
  onSaved: (saved: Directory) => void;
}

function Form({ title, initial, known, save, done, onClose, onSaved }: FormProps) {
  const may = useMay();
  const form = useForm<Values>({
    initialValues: initial,
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      servers: (v, all) => (all.kind === 'ldap' && v.length === 0 ? 'Name a server.' : null),
      users: (v, all) => (all.kind === 'ldap' && !v.trim() ? 'Say where the people are.' : null),
      issuer: (v, all) =>
        all.kind === 'oidc' && !/^https:\/\/[^/]+/.test(v) ? 'Enter its https address.' : null,
      clientId: (v, all) => (all.kind === 'oidc' && !v.trim() ? 'Name the client.' : null),
    },
  });
  const run = useAct(save, {
    done: ({ waiting }) => outcome(waiting, done),
    stale: ['directories', 'approvals'],
    after: onSaved,
  });
  const submit = submits(form, run);
  const ldap = form.values.kind === 'ldap';
  return (
    <Dialog
      opened
      size="lg"
      title={title}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={run.isPending}
      error={unplaced(run.error, form)}
    >
      <TextInput label="Name" placeholder="House directory" data-autofocus {...form.getInputProps('name')} />
      {!known && (
        <Select
          label="Kind"
          data={[
            { value: 'ldap', label: 'LDAP or Active Directory' },
            { value: 'oidc', label: 'OpenID Connect provider' },
          ]}
          allowDeselect={false}
          {...form.getInputProps('kind')}
        />
      )}
      {ldap ? (
        <LDAPFields form={form} />
      ) : (
        <>
          <TextInput
            label="Issuer"
            description="As the provider names itself, exactly."
            placeholder="https://login.example.org"
            {...form.getInputProps('issuer')}
          />
          <TextInput
            label="Client"
            description="By which the provider knows Drover."
            {...form.getInputProps('clientId')}
          />
          <TextInput
            label="Claim with the login name"
            description="People must not be able to change it themselves."
            {...form.getInputProps('loginClaim')}
          />
          <Group grow align="flex-start">
            <TextInput label="Claim with the name shown" {...form.getInputProps('nameClaim')} />
            <TextInput label="Claim with the mail address" {...form.getInputProps('mailClaim')} />
          </Group>
          <TextInput label="Claim with the groups" {...form.getInputProps('groupsClaim')} />
          <TagsInput
            label="Scopes"
            description="Asked for besides openid."
            {...form.getInputProps('scopes')}
          />
          <Switch
            label="People come back to the portal after they have signed out there"
            description="The provider has to know the portal’s address for it, or it may refuse to sign them out."
            {...form.getInputProps('return', { type: 'checkbox' })}
          />
        </>
      )}
      <PasswordInput
        label={ldap ? 'Password of the one who searches' : 'Secret of the client'}
        description={
          known?.hasSecret
            ? 'Leave it empty to keep the one that is there. A directory that moves to other servers loses it.'
            : 'It is kept sealed and never shown.'
        }
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        {...form.getInputProps('secret')}
      />
      <Textarea
        label="Certificate of its authority (optional)"
        description="In PEM form. Without one, the authorities that this machine trusts."
        placeholder="-----BEGIN CERTIFICATE-----"
        autosize
        minRows={2}
        maxRows={6}
        {...form.getInputProps('ca')}
      />
      <Switch
        label="People who are not known yet become users when they sign in"
        {...form.getInputProps('join', { type: 'checkbox' })}
      />
      {(may('admin.edit') || form.errors.roles) && <RolesField form={form} />}
      {ldap && (
        <Group grow align="flex-start">
          <NumberInput
            label="Import every"
            description="Minutes; 0 for by hand alone."
            min={0}
            max={10_080}
            {...form.getInputProps('every')}
          />
          <NumberInput
            label="Vanished at once"
            description="When more percent are missing, the import stops."
            min={1}
            max={100}
            {...form.getInputProps('share')}
          />
        </Group>
      )}
      {ldap && <MoreLDAP form={form} />}
      <Trial form={form} run={(values) => tryDirectory(draftOf(values))}>
        {(test) => <Seen test={test} />}
      </Trial>
    </Dialog>
  );
}

export function AddDirectory({
  onClose,
  onAdded,
}: {
  onClose: () => void;
  onAdded: (added: Directory) => void;
}) {
  return (
    <Form
      title="Add a directory"
      initial={BLANK}
      save={(values) => addDirectory(draftOf(values))}
      done="Added. It is being tested."
      onClose={onClose}
      onSaved={onAdded}
    />
  );
}

export function EditDirectory({ id, onClose }: { id: string; onClose: () => void }) {
  const { data } = useQuery({ ...directory(id), staleTime: 0 });
  if (!data) return null;
  return <EditForm known={data} onClose={onClose} />;
}

function EditForm({ known, onClose }: { known: Tagged<Directory>; onClose: () => void }) {
  return (
    <Form
      title={`Edit ${known.name}`}
      initial={valuesOf(known)}
      known={known}
      save={(values) => editDirectory(known.id, known.etag, draftOf(values, known))}
      done="Saved."
      onClose={onClose}
      onSaved={onClose}
    />
  );
}
