import { Button, Modal, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { factors, ownProof, removeFactor } from '../../api/account';
import type { Factor } from '../../api/types';
import { useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { AddFactor } from '../../ui/AddFactor';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { lacksProof, OwnProof } from '../../ui/OwnProof';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';

const KINDS = { totp: 'Authenticator app', passkey: 'Passkey' };

/** The second factors of the signed-in administrator. */
export function Factors() {
  const queries = useQueryClient();
  const me = useMe();
  const answer = useQuery(factors);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Factor>();
  return (
    <Panel
      title="Second factors"
      flush
      aside={
        <Button size="xs" variant="default" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
          Add
        </Button>
      }
    >
      <Loaded of={answer}>
        {(all) => (
          <Table
            label="Second factors"
            rows={all}
            id={(f) => f.id}
            columns={[
              { key: 'label', label: 'Name', cell: (f) => f.label || KINDS[f.kind] },
              { key: 'kind', label: 'Kind', cell: (f) => KINDS[f.kind] ?? f.kind },
              { key: 'created', label: 'Added', cell: (f) => <When time={f.created} /> },
              { key: 'used', label: 'Last used', cell: (f) => <When time={f.lastUsed} /> },
              {
                key: 'act',
                label: 'Remove',
                silent: true,
                align: 'right',
                cell: (f) =>
                  f.kind === 'passkey' &&
                  all.length > 1 && (
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => setRemoving(f)}
                      aria-label={`Remove ${f.label || KINDS[f.kind]}`}
                    >
                      Remove
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {answer.data?.length === 1 && (
        <Text size="sm" c="dimmed" px="lg" py="sm">
          Add a second one, so that a lost phone does not lock you out.
        </Text>
      )}
      <Modal opened={adding} onClose={() => setAdding(false)} title="Add a second factor">
        <AddFactor
          methods={me.methods}
          passkeys={me.zone.passkeys}
          onDone={() => {
            setAdding(false);
            void queries.invalidateQueries({ queryKey: factors.queryKey });
            void queries.invalidateQueries({ queryKey: ['session'] });
          }}
        />
      </Modal>
      {removing && <Remove factor={removing} onClose={() => setRemoving(undefined)} />}
    </Panel>
  );
}

function Remove({ factor, onClose }: { factor: Factor; onClose: () => void }) {
  const { methods } = useMe();
  const [code, setCode] = useState('');
  const remove = useAct(async () => removeFactor(factor.id, await ownProof(methods, code)), {
    done: () => 'The factor is removed.',
    stale: ['account', 'session'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger
      title={`Remove ${factor.label || KINDS[factor.kind]}?`}
      submit="Remove"
      onClose={onClose}
      onSubmit={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
      incomplete={lacksProof(methods, code)}
    >
      <Text size="sm">It signs nobody in and approves nothing any more.</Text>
      <OwnProof methods={methods} code={code} onCode={setCode} />
    </Dialog>
  );
}
