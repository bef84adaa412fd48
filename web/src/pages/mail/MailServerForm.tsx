import { Group, NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import type { Tagged } from '../../api/client';
import { addUpstream, editUpstream, tryUpstream, upstream, type Asked } from '../../api/mail';
import type { Upstream, UpstreamDraft } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';
import { Trial } from '../../ui/Trial';
import { outcome } from '../../ui/waiting';
import { Meaning } from './Meaning';
import { MoreFields } from './MoreFields';
import { TestWords } from './TestWords';

const BLANK: UpstreamDraft = {
  name: '',
  url: 'https://',
  plainReason: '',
  tlsMode: 'system',
  ca: '',
  serverName: '',
  timeoutSeconds: 30,
  domains: [],
  windowsDomain: '',
  names: 'plain',
  default: true,
  versions: [],
  ask449: [],
  handsOff: true,
  handsOffGroups: [],
  deviceCap: 0,
};

interface FormProps {
  title: string;
  initial: UpstreamDraft;
  save: (values: UpstreamDraft) => Promise<Asked<Upstream>>;
  /** Given when a server is there already, whose users feel the change. */
  edit?: boolean;
  done: string;
  onClose: () => void;
  onSaved: (saved: Upstream) => void;
}

function Form({ title, initial, save, edit, done, onClose, onSaved }: FormProps) {
  const form = useForm<UpstreamDraft>({
    initialValues: initial,
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      url: (v) => (/^https?:\/\/[^/]+/.test(v) ? null : 'Enter an address such as https://mail.example.org.'),
      ca: (v, all) => (all.tlsMode === 'ca' && !v?.trim() ? 'Paste the certificate of the authority.' : null),
    },
  });
  const run = useAct(save, {
    done: ({ waiting }) => outcome(waiting, done),
    stale: ['upstreams', 'overview', 'approvals'],
    after: onSaved,
  });
  const submit = submits(form, run);
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
        description="Users of these domains are sent here, the main one first."
        placeholder="example.org"
        {...form.getInputProps('domains')}
      />
      <Select
        label="Its certificate"
        data={[
          { value: 'system', label: 'Issued by an authority this machine trusts' },
          { value: 'ca', label: 'Issued by an authority I paste here' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('tlsMode')}
      />
      {form.values.tlsMode === 'ca' && (
        <Textarea
          label="Certificate of the authority"
          description="In PEM form. Only certificates it issued are accepted."
          placeholder="-----BEGIN CERTIFICATE-----"
          autosize
          minRows={3}
          maxRows={8}
          {...form.getInputProps('ca')}
        />
      )}
      <TextInput
        label="Host name in the certificate (optional)"
        description="Only when it differs from the address."
        {...form.getInputProps('serverName')}
      />
      {form.values.url.startsWith('http:') && (
        <TextInput
          label="Why http is right here"
          description="Passwords cross the network in clear. Needed unless the server is on this machine."
          {...form.getInputProps('plainReason')}
        />
      )}
      <Switch
        label="Takes everyone whom no other server takes"
        {...form.getInputProps('default', { type: 'checkbox' })}
      />
      <Switch
        label="New devices enrol by themselves"
        description="Once the mail server has accepted their user’s password."
        {...form.getInputProps('handsOff', { type: 'checkbox' })}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Devices a user may have"
          description="0 for any number."
          min={0}
          max={10_000}
          {...form.getInputProps('deviceCap')}
        />
        <NumberInput
          label="Timeout"
          description="Seconds until it begins an answer."
          min={1}
          max={600}
          {...form.getInputProps('timeoutSeconds')}
        />
      </Group>
      <MoreFields form={form} />
      <Trial form={form} run={tryUpstream}>
        {(test) => <TestWords test={test} />}
      </Trial>
      {edit && <Meaning before={initial} now={form.values} />}
    </Dialog>
  );
}

interface AddProps {
  /** There is none yet, so that this one takes everyone; a later one takes nobody unasked. */
  first: boolean;
  onClose: () => void;
  onAdded: (added: Upstream) => void;
}

export function AddMailServer({ first, onClose, onAdded }: AddProps) {
  return (
    <Form
      title="Add a mail server"
      initial={{ ...BLANK, default: first }}
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

/** What can be said of the server that is there, all of it: an edit replaces the whole. */
function draft(u: Upstream): UpstreamDraft {
  const { name, url, plainReason, tlsMode, ca, serverName, timeoutSeconds, domains, windowsDomain } = u;
  const { names, versions, ask449, handsOff, handsOffGroups, deviceCap, bearer } = u;
  return {
    ...{ name, url, plainReason, tlsMode, ca, serverName, timeoutSeconds, domains, windowsDomain },
    ...{
      names,
      versions: versions as UpstreamDraft['versions'],
      ask449,
      handsOff,
      handsOffGroups,
      deviceCap,
      bearer,
      default: u.default,
    },
  };
}

function EditForm({ server, onClose }: { server: Tagged<Upstream>; onClose: () => void }) {
  const { etag, ...known } = server;
  return (
    <Form
      title={`Edit ${known.name}`}
      initial={draft(known)}
      save={(values) => editUpstream(known.id, etag, values)}
      edit
      done="Saved."
      onClose={onClose}
      onSaved={onClose}
    />
  );
}
