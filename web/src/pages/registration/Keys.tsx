import { Button, Group, MultiSelect, NumberInput, Text, TextInput } from '@mantine/core';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { addComputerKey, endComputerKey } from '../../api/computers';
import { keys } from '../../api/registration';
import type { ComputerKey, ComputerKeyDraft, NewComputerKey } from '../../api/types';
import { useAct } from '../../ui/act';
import { actorName } from '../../ui/actor';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';
import { KeyLines } from '../devices/JoinLines';
import { PlaceFields, usePlaceNames } from './PlaceFields';

/** The keys that let computers in, and say where they go. */
export function Keys({ edit }: { edit: boolean }) {
  const placed = usePlaceNames();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewComputerKey>();
  const [ending, setEnding] = useState<ComputerKey>();
  const add = edit && (
    <Button leftSection={<Plus size={16} />} onClick={() => setMaking(true)}>
      Make a key
    </Button>
  );
  return (
    <>
      <Paged query={keys()}>
        {(list) =>
          list.length === 0 ? (
            <Panel>
              <Empty icon={KeyRound} title="No key yet" action={add}>
                A key lets as many computers in as you say, until its time is over, and can say into which
                folder they go and what they are called.
              </Empty>
            </Panel>
          ) : (
            <Panel title="Keys" aside={add} flush>
              <Table
                label="Keys"
                rows={list}
                id={(k) => k.id}
                columns={[
                  { key: 'name', label: 'For', cell: (k) => <b>{k.name}</b> },
                  {
                    key: 'state',
                    label: 'State',
                    cell: (k) => <Status state={`key-${stateOf(k)}`} />,
                  },
                  { key: 'used', label: 'Used', cell: (k) => `${k.used} of ${k.uses}` },
                  { key: 'to', label: 'Goes to', cell: (k) => saidPlace(k, placed) },
                  { key: 'until', label: 'Until', cell: (k) => <When time={k.expires} /> },
                  { key: 'by', label: 'By', cell: (k) => actorName(k.by) },
                  {
                    key: 'act',
                    label: 'Take back',
                    silent: true,
                    align: 'right',
                    cell: (k) =>
                      edit &&
                      k.open && (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={`Take back the key ${k.name}`}
                          onClick={() => setEnding(k)}
                        >
                          Take back
                        </Button>
                      ),
                  },
                ]}
              />
            </Panel>
          )
        }
      </Paged>
      {making && (
        <MakeKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
          }}
        />
      )}
      {made && <KeyLines made={made} onClose={() => setMade(undefined)} />}
      {ending && (
        <Confirm
          title={`Take back ${ending.name}?`}
          submit="Take back"
          run={() => endComputerKey(ending.id)}
          done={() => `The key ${ending.name} lets nobody in any more.`}
          stale={['computers', 'computer-keys']}
          onClose={() => setEnding(undefined)}
        >
          <Text size="sm">Computers that have come in by it stay.</Text>
        </Confirm>
      )}
    </>
  );
}

function stateOf(k: ComputerKey): string {
  if (k.open) return 'open';
  if (k.ended) return 'ended';
  return k.used >= k.uses ? 'used' : 'expired';
}

function saidPlace(k: ComputerKey, placed: (place: ComputerKey['place']) => string): string {
  const { folder, groups, name } = k.place;
  return folder || name || (groups ?? []).length > 0 ? placed(k.place) : 'Where the rules say';
}

interface MakeKeyProps {
  onClose: () => void;
  onMade: (key: NewComputerKey) => void;
}

function MakeKey({ onClose, onMade }: MakeKeyProps) {
  const [draft, setDraft] = useState<ComputerKeyDraft>({ name: '', uses: 1, hours: 72, platforms: [] });
  const change = (part: Partial<ComputerKeyDraft>) => setDraft((old) => ({ ...old, ...part }));
  const add = useAct(() => addComputerKey(draft), { stale: ['computers', 'computer-keys'], after: onMade });
  return (
    <Dialog
      opened
      size="lg"
      title="Make a key"
      submit="Make"
      onClose={onClose}
      onSubmit={() => add.mutate()}
      busy={add.isPending}
      error={add.error}
      incomplete={!draft.name.trim()}
    >
      <TextInput
        label="What it is for"
        placeholder="Laptops in Vienna"
        maxLength={128}
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        data-autofocus
      />
      <Group grow align="flex-start">
        <NumberInput
          label="For how many computers"
          min={1}
          max={100_000}
          value={draft.uses}
          onChange={(n) => change({ uses: Number(n) || 1 })}
        />
        <NumberInput
          label="For how many hours"
          min={1}
          max={8784}
          value={draft.hours}
          onChange={(n) => change({ hours: Number(n) || 1 })}
        />
      </Group>
      <MultiSelect
        label="Platforms (optional)"
        placeholder={(draft.platforms ?? []).length === 0 ? 'All' : ''}
        data={['linux', 'windows', 'macos']}
        value={draft.platforms ?? []}
        onChange={(platforms) => change({ platforms })}
      />
      <PlaceFields value={draft.place ?? {}} onChange={(place) => change({ place })} />
    </Dialog>
  );
}
