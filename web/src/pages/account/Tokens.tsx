import { Button, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { makeToken, ownProof, revokeToken, tokens } from '../../api/account';
import type { Token } from '../../api/types';
import { useMay, useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { lacksProof, OwnProof } from '../../ui/OwnProof';
import { Panel } from '../../ui/Panel';
import { Secret } from '../../ui/Secret';
import { Table } from '../../ui/Table';
import { isNever, onDay, plural } from '../../ui/time';
import { When } from '../../ui/When';
import { RightsField } from '../admins/RightsField';

/** API tokens for scripts. */
export function Tokens() {
  const may = useMay();
  const answer = useQuery(tokens);
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState('');
  const [revoking, setRevoking] = useState<Token>();
  if (!may('token.own')) return null;
  return (
    <Panel
      title="API tokens"
      flush
      aside={
        <Button size="xs" variant="default" leftSection={<Plus size={14} />} onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Text size="sm" c="dimmed" px="lg" pb="lg">
              None. A token lets a script or the command line act for you, within the rights you give it. It
              approves nothing.
            </Text>
          ) : (
            <Table
              label="API tokens"
              rows={all}
              id={(t) => t.id}
              columns={[
                { key: 'name', label: 'Name', cell: (t) => t.name },
                { key: 'rights', label: 'Rights', cell: (t) => plural(t.rights.length, 'right') },
                { key: 'used', label: 'Last used', cell: (t) => <When time={t.lastUsed} /> },
                {
                  key: 'expires',
                  label: 'Expires',
                  cell: (t) => (isNever(t.expires) ? 'Never' : onDay(t.expires)),
                },
                {
                  key: 'act',
                  label: 'Revoke',
                  silent: true,
                  align: 'right',
                  cell: (t) => (
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => setRevoking(t)}
                      aria-label={`Revoke ${t.name}`}
                    >
                      Revoke
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {making && (
        <Make
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setMaking(false);
            setSecret(made);
          }}
        />
      )}
      <Modal opened={secret !== ''} onClose={() => setSecret('')} title="Your new token">
        <Stack gap="md">
          <Callout tone="wait">Copy it now. It is stored hashed and cannot be shown again.</Callout>
          <Secret value={secret} name="token" />
        </Stack>
      </Modal>
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(undefined)} />}
    </Panel>
  );
}

function Make({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const { rights, methods } = useMe();
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [days, setDays] = useState<string | null>('90');
  const [chosen, setChosen] = useState<string[]>([]);
  const make = useAct(
    async () =>
      makeToken({
        name: name.trim(),
        rights: chosen,
        days: Number(days),
        ...(await ownProof(methods, code)),
      }),
    { stale: ['tokens'], after: (made) => onMade(made.secret) },
  );
  return (
    <Dialog
      opened
      size="xl"
      title="New token"
      submit="Create"
      onClose={onClose}
      onSubmit={() => make.mutate()}
      busy={make.isPending}
      error={make.error}
      incomplete={!name.trim() || chosen.length === 0 || lacksProof(methods, code)}
    >
      <TextInput
        label="Name"
        placeholder="Nightly report"
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        data-autofocus
      />
      <Select
        label="Expires after"
        data={[
          { value: '7', label: '7 days' },
          { value: '30', label: '30 days' },
          { value: '90', label: '90 days' },
          { value: '365', label: 'A year' },
        ]}
        value={days}
        onChange={setDays}
        allowDeselect={false}
      />
      <RightsField value={chosen} onChange={setChosen} among={rights.includes('*') ? undefined : rights} />
      <OwnProof methods={methods} code={code} onCode={setCode} />
    </Dialog>
  );
}

function Revoke({ token, onClose }: { token: Token; onClose: () => void }) {
  const revoke = useAct(() => revokeToken(token.id), {
    done: () => `${token.name} is revoked.`,
    stale: ['tokens'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger
      title={`Revoke ${token.name}?`}
      submit="Revoke"
      onClose={onClose}
      onSubmit={() => revoke.mutate()}
      busy={revoke.isPending}
      error={revoke.error}
    >
      <Text size="sm">Scripts that use it are refused from now on.</Text>
    </Dialog>
  );
}
