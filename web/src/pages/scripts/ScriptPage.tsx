import { Anchor, Button, Code, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { approvals } from '../../api/commands';
import { removeScript, script } from '../../api/scripts';
import type { Script } from '../../api/types';
import { useMay } from '../../app/me';
import { actorName } from '../../ui/actor';
import { Callout } from '../../ui/Callout';
import { Confirm } from '../../ui/Confirm';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { duration, plural } from '../../ui/time';
import { When } from '../../ui/When';
import { ApprovalCard } from '../commands/Approvals';
import { Results } from './Results';
import { ScriptForm } from './ScriptForm';
import { Standing } from './Standing';
import { Versions } from './Versions';
import { forWhom, INTERPRETERS, often } from './words';

/** One script: its text, who approved it, and what became of it. */
export default function ScriptPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const found = useQuery(script(id));
  return <Loaded of={found}>{(s) => <Page script={s} />}</Loaded>;
}

function Page({ script: s }: { script: Tagged<Script> }) {
  const may = useMay();
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <Text size="sm" mb={4}>
        <Anchor component={Link} to="/scripts" size="sm">
          Scripts
        </Anchor>
      </Text>
      <PageHead
        title={s.name}
        lead={
          <>
            <Standing script={s} /> · written by {actorName(s.by)} <When time={s.written} />
          </>
        }
      >
        {may('script.edit') && (
          <>
            <Button variant="default" onClick={() => setRemoving(true)}>
              Remove…
            </Button>
            <Button onClick={() => setEditing(true)}>New version…</Button>
          </>
        )}
      </PageHead>
      <Stack gap="lg">
        <Waiting script={s} />
        <Panel title={`Version ${s.version}`}>
          <Facts
            rows={[
              ['Runs', often(s.minutes)],
              ['Run by', INTERPRETERS.find((i) => i.value === s.interpreter)?.label],
              ['Ended after', duration(s.seconds)],
              ['For', forWhom(s.groups)],
              ['Reached when written', plural(s.reach, 'computer')],
            ]}
          />
          <Code
            block
            mt="md"
            mah={480}
            style={{ overflow: 'auto' }}
            tabIndex={0}
            aria-label="Text of the script"
          >
            {s.text}
          </Code>
        </Panel>
        {may('command.read') && <Results id={s.id} />}
        <Versions id={s.id} />
      </Stack>
      {editing && <ScriptForm of={s} onClose={() => setEditing(false)} />}
      {removing && (
        <Confirm
          title={`Remove ${s.name}?`}
          submit="Remove"
          run={() => removeScript(s.id)}
          done={() => `${s.name} is taken away from the computers that ran it.`}
          stale={['scripts', 'approvals', 'overview']}
          onClose={() => {
            setRemoving(false);
            void navigate({ to: '/scripts' });
          }}
        >
          <Text size="sm">
            Computers run it no more, and all its versions go. What it has done on them is not undone.
          </Text>
        </Confirm>
      )}
    </>
  );
}

/** What waits for a second person, with the way to decide. */
function Waiting({ script: s }: { script: Script }) {
  const may = useMay();
  const waiting = useQuery({
    ...approvals,
    enabled: s.state === 'awaiting' && may('approval.read'),
  }).data?.find((a) => a.id === s.approval);
  if (s.state === 'rejected') {
    return (
      <Callout tone="wait" title={`Version ${s.version} was not approved`}>
        It was rejected, or nobody approved it in time.{' '}
        {s.live > 0 ? `Version ${s.live} goes on.` : 'No computer runs this script.'} A new version asks
        again.
      </Callout>
    );
  }
  if (s.state !== 'awaiting') return null;
  if (waiting) return <ApprovalCard approval={waiting} />;
  return (
    <Callout tone="wait" title={`Version ${s.version} waits for another administrator`}>
      It reaches {plural(s.reach, 'computer')}, more than one person may let run a script on.{' '}
      {s.live > 0 ? `Version ${s.live} goes on until then.` : 'No computer runs it until then.'}
    </Callout>
  );
}
