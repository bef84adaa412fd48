import { NumberInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { ApiError, type Tagged } from '../../api/client';
import type { Upstream } from '../../api/types';
import { addUpstream, editUpstream, upstream, type UpstreamForm } from '../../api/zone';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';

const BLANK: UpstreamForm = {
  name: '',
  url: 'https://',
  tlsMode: 'public',
  pin: '',
  hostName: '',
  timeoutSeconds: 30,
  domains: [],
};

interface FormProps {
  title: string;
  initial: UpstreamForm;
  save: (values: UpstreamForm) => Promise<Upstream>;
  done: string;
  onClose: () => void;
  onSaved: (saved: Upstream) => void;
}

function Form({ title, initial, save, done, onClose, onSaved }: FormProps) {
  const form = useForm({
    initialValues: initial,
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      url: (v) => (/^https?:\/\/[^/]+/.test(v) ? null : 'Enter an address such as https://mail.example.org.'),
      pin: (v, all) =>
        all.tlsMode === 'pin' && !v.trim() ? 'Paste the certificate of the authority.' : null,
    },
  });
  const run = useAct(save, { done: () => done, stale: ['upstreams', 'overview'], after: onSaved });
  const submit = form.onSubmit((values) =>
    run.mutate(values, {
      onError: (error) => error instanceof ApiError && form.setErrors(error.fields),
    }),
  );
  return (
    <Dialog
      opened
      size="lg"
      title={title}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={run.isPending}
      error={run.error}
    >
      <TextInput label="Name" placeholder="Main mail" data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label="Address"
        description="Where its ActiveSync service answers. The usual path is added when there is none."
        placeholder="https://mail.example.org"
        {...form.getInputProps('url')}
      />
      <TagsInput
        label="Mail domains"
        description="Users of these domains are sent here. Leave empty for everyone."
        placeholder="example.org"
        {...form.getInputProps('domains')}
      />
      <Select
        label="Its certificate"
        data={[
          { value: 'public', label: 'Issued by a public authority' },
          { value: 'pin', label: 'Issued by an authority I paste here' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('tlsMode')}
      />
      {form.values.tlsMode === 'pin' && (
        <Textarea
          label="Certificate of the authority"
          description="In PEM form. Only certificates it issued are accepted."
          placeholder="-----BEGIN CERTIFICATE-----"
          autosize
          minRows={3}
          maxRows={8}
          {...form.getInputProps('pin')}
        />
      )}
      <TextInput
        label="Host name in the certificate (optional)"
        description="Only when it differs from the address."
        {...form.getInputProps('hostName')}
      />
      <NumberInput
        label="Timeout"
        description="Seconds to wait for an answer. Held requests may take longer."
        min={1}
        max={300}
        {...form.getInputProps('timeoutSeconds')}
      />
    </Dialog>
  );
}

export function AddMailServer({ onClose, onAdded }: { onClose: () => void; onAdded: (u: Upstream) => void }) {
  return (
    <Form
      title="Add a mail server"
      initial={BLANK}
      save={addUpstream}
      done="Added. It is being tested."
      onClose={onClose}
      onSaved={onAdded}
    />
  );
}

export function EditMailServer({ id, onClose }: { id: string; onClose: () => void }) {
  const { data } = useQuery({ ...upstream(id), staleTime: 0 });
  if (!data) return null;
  return <EditForm server={data} onClose={onClose} />;
}

function EditForm({ server, onClose }: { server: Tagged<Upstream>; onClose: () => void }) {
  const { name, url, tlsMode, pin, hostName, timeoutSeconds, domains } = server;
  return (
    <Form
      title={`Edit ${name}`}
      initial={{ name, url, tlsMode, pin, hostName, timeoutSeconds, domains }}
      save={(values) => editUpstream(server.id, server.etag, values)}
      done="Saved."
      onClose={onClose}
      onSaved={onClose}
    />
  );
}
