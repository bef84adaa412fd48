import { Button, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ClipboardCheck, Plus } from 'lucide-react';
import { useState } from 'react';
import { makeSuite, presets, rollouts, suites } from '../../api/policies';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { Assignments } from './Assignments';

/** The policy suites of the zone and who gets which. */
export default function Suites() {
  const may = useMay();
  const answer = useQuery(suites);
  const rolling = useQuery(rollouts).data ?? [];
  const [making, setMaking] = useState(false);
  const make = may('policy.edit') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setMaking(true)}>
      New suite
    </Button>
  );
  return (
    <>
      <PageHead
        title="Policy suites"
        lead="A suite says what devices must obey, with values of its own for corporate and for personal devices."
      >
        {(answer.data?.length ?? 0) > 0 && make}
      </PageHead>
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty icon={ClipboardCheck} title="No policy suite yet" action={make}>
                Start from a preset, change what you want, and assign it. Until then phones get mail without
                rules.
              </Empty>
            </Panel>
          ) : (
            <Stack gap="lg">
              <Table
                framed
                label="Policy suites"
                rows={all}
                id={(s) => s.id}
                columns={[
                  {
                    key: 'name',
                    label: 'Suite',
                    cell: (s) => (
                      <div>
                        <Link to="/policies/$id" params={{ id: s.id }}>
                          {s.name}
                        </Link>
                        {s.description && (
                          <Text size="xs" c="dimmed" fw={400}>
                            {s.description}
                          </Text>
                        )}
                      </div>
                    ),
                  },
                  {
                    key: 'version',
                    label: 'Version',
                    cell: (s) => {
                      const r = rolling.find((x) => x.suite.id === s.id);
                      return r ? `${s.version}, rolling out ${r.version} (${r.percent} %)` : s.version;
                    },
                  },
                  { key: 'assigned', label: 'Assigned', cell: (s) => plural(s.assigned, 'assignment') },
                  { key: 'updated', label: 'Changed', cell: (s) => <When time={s.updated} /> },
                ]}
              />
              <Assignments suites={all} />
            </Stack>
          )
        }
      </Loaded>
      {making && <MakeSuite onClose={() => setMaking(false)} />}
    </>
  );
}

function MakeSuite({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const known = useQuery(presets);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [preset, setPreset] = useState('');
  const chosen = preset || known.data?.[0]?.id || '';
  const make = useAct(
    () => makeSuite({ name: name.trim(), description: description.trim(), preset: chosen }),
    {
      done: (suite) => `${suite.name} is made. Look it through, then assign it.`,
      stale: ['policies'],
      after: (suite) => void navigate({ to: '/policies/$id', params: { id: suite.id } }),
    },
  );
  return (
    <Dialog
      opened
      title="New policy suite"
      submit="Create"
      onClose={onClose}
      onSubmit={() => make.mutate()}
      busy={make.isPending}
      error={make.error}
      incomplete={!name.trim()}
    >
      <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} data-autofocus />
      <TextInput
        label="Description (optional)"
        value={description}
        onChange={(e) => setDescription(e.currentTarget.value)}
      />
      <Radio.Group label="Start from" value={chosen} onChange={setPreset}>
        <Stack gap="xs" mt="xs">
          {known.data?.map((p) => (
            <Radio key={p.id} value={p.id} label={p.name} description={p.description} />
          ))}
        </Stack>
      </Radio.Group>
    </Dialog>
  );
}
