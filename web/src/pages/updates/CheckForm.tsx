import { Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ApiError, type Tagged } from '../../api/client';
import type { UpdateCheck, Updates } from '../../api/types';
import { setUpdates } from '../../api/updates';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';

/** Switches the check on or off, and says where it asks. */
export function CheckForm({ now, onClose }: { now: Tagged<Updates>; onClose: () => void }) {
  const before: UpdateCheck = {
    enabled: now.enabled,
    url: now.url,
    ca: now.ca,
    proxy: now.proxy,
    key: now.key,
  };
  const [draft, setDraft] = useState(before);
  const save = useAct(() => setUpdates(now.etag, draft), {
    done: (saved) => (saved.enabled ? 'Newer versions are asked for once a day.' : 'Nothing is fetched.'),
    stale: ['updates', 'security', 'overview'],
    after: onClose,
  });
  const faults = save.error instanceof ApiError ? save.error.fields : {};
  const text = (name: 'url' | 'ca' | 'proxy' | 'key') => ({
    value: draft[name],
    onChange: (e: { currentTarget: { value: string } }) => {
      const { value } = e.currentTarget;
      setDraft((old) => ({ ...old, [name]: value }));
    },
    error: faults[name],
  });
  return (
    <Dialog
      opened
      title="The check for updates"
      submit="Save"
      size="lg"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={Object.keys(faults).length > 0 ? undefined : save.error}
      incomplete={JSON.stringify(draft) === JSON.stringify(before)}
    >
      <Switch
        label="Ask once a day"
        description="One server of the zone fetches a signed list of versions. Its host learns the address that asks, and nothing else."
        checked={draft.enabled}
        onChange={(e) => {
          const { checked } = e.currentTarget;
          setDraft((old) => ({ ...old, enabled: checked }));
        }}
      />
      <TextInput
        label="Address of the manifest"
        description="By https; its signature lies at the same address with .sig behind."
        placeholder="https://updates.example.org/drover/manifest.json"
        {...text('url')}
      />
      <Textarea
        label="Public key"
        description="Ed25519 in PEM form. What another key has signed is not believed."
        placeholder="-----BEGIN PUBLIC KEY-----"
        autosize
        minRows={3}
        maxRows={6}
        {...text('key')}
      />
      <Textarea
        label="Authorities"
        description="Certificates in PEM form that alone are trusted for the host. Empty: those of the server’s machine."
        autosize
        minRows={2}
        maxRows={6}
        {...text('ca')}
      />
      <TextInput
        label="Proxy"
        description="By which the host is reached. Empty: directly."
        placeholder="http://proxy.example.org:3128"
        {...text('proxy')}
      />
    </Dialog>
  );
}
