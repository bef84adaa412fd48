import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { DoorOpen } from 'lucide-react';
import { useState } from 'react';
import { decide, waiting } from '../../api/registration';
import type { RegistrationDecision, RegistrationReview } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { numbered } from '../../ui/numbered';
import { Panel } from '../../ui/Panel';
import { When } from '../../ui/When';
import { FolderField } from './PlaceFields';
import { agreement, WHY } from './words';

/** The computers that wait at the door for an administrator. */
export function Reviews({ edit }: { edit: boolean }) {
  const answer = useQuery(waiting);
  const [deciding, setDeciding] = useState<RegistrationReview>();
  return (
    <Loaded of={answer}>
      {(list) =>
        list.length === 0 ? (
          <Panel>
            <Empty icon={DoorOpen} title="Nobody waits">
              Here are the computers over which you decide: those that tell the same as one that is here, and
              those for which a rule asks you.
            </Empty>
          </Panel>
        ) : (
          <Stack gap="lg">
            {list.map((r) => (
              <Waiting
                key={r.id}
                review={r}
                name={called(r, list)}
                onDecide={edit ? () => setDeciding(r) : undefined}
              />
            ))}
            {deciding && (
              <Decide
                review={deciding}
                name={called(deciding, list)}
                onClose={() => setDeciding(undefined)}
              />
            )}
          </Stack>
        )
      }
    </Loaded>
  );
}

/** How a computer is told from the others that wait: copies of one disk have one name. */
function called(review: RegistrationReview, list: RegistrationReview[]): string {
  return numbered(list, (r) => r.facts.host || 'A computer without a name')(review);
}

type WaitingProps = { review: RegistrationReview; name: string; onDecide?: () => void };

function Waiting({ review, name, onDecide }: WaitingProps) {
  const f = review.facts;
  return (
    <Panel
      title={name}
      aside={
        onDecide && (
          <Button size="compact-sm" onClick={onDecide} aria-label={`Decide over ${name}…`}>
            Decide…
          </Button>
        )
      }
    >
      <Text size="sm" mb="sm">
        {WHY[review.why]}
      </Text>
      <Facts
        rows={[
          ['System', f.os || f.platform],
          ['Serial number', f.serial],
          ['Machine', [f.maker, f.model].filter(Boolean).join(' ')],
          ['Calls from', review.address],
          ['Has shown', shown(review)],
          ['Asked last', <When time={review.asked} />],
        ]}
      />
      {review.matches.length > 0 && (
        <Stack gap={2} mt="sm">
          {review.matches.map((m) => (
            <Text size="sm" key={m.device.id}>
              <Link to="/devices/$id" params={{ id: m.device.id }} className="inline">
                {m.device.name || m.device.id}
              </Link>
              {`: ${agreement(m)}`}
            </Text>
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function shown(review: RegistrationReview): string {
  if (review.why === 'moved') {
    return 'The key of its agent';
  }
  return review.key ? 'A key' : 'No key';
}

const SAID: Record<string, string> = {
  same: 'It comes in as that computer when it asks again.',
  new: 'It comes in as a new computer when it asks again.',
  refused: 'It is refused for 30 days.',
};

const SAID_OF_MOVED: Record<string, string> = {
  same: 'It is recognised by what it tells now.',
  refused: 'The key has ended, for all machines that hold it.',
};

type DecideProps = { review: RegistrationReview; name: string; onClose: () => void };

function Decide({ review, name, onClose }: DecideProps) {
  const first = review.matches[0];
  const moved = review.why === 'moved';
  const [choice, setChoice] = useState(first ? '' : 'new');
  const [folder, setFolder] = useState('');
  const save = useAct(
    () => {
      const body: RegistrationDecision = choice.startsWith('same:')
        ? { decision: 'same', device: choice.slice('same:'.length) }
        : { decision: choice as RegistrationDecision['decision'], folder: choice === 'new' ? folder : '' };
      return decide(review.id, body);
    },
    {
      done: () => (moved ? SAID_OF_MOVED : SAID)[choice.split(':')[0] ?? ''] ?? '',
      stale: ['registration', 'devices'],
      after: onClose,
    },
  );
  return (
    <Dialog
      opened
      size="lg"
      title={`Decide over ${name}`}
      submit="Decide"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={choice === ''}
    >
      <Text size="sm">{WHY[review.why]} What it tells of itself proves nothing: ask whoever has it.</Text>
      <Radio.Group aria-label="What becomes of it" value={choice} onChange={setChoice}>
        <Stack gap="sm">
          {(moved ? review.matches.slice(0, 1) : review.matches).map((m) => (
            <Radio
              key={m.device.id}
              value={`same:${m.device.id}`}
              label={`It is ${m.device.name || m.device.id}${moved ? ', with a changed part' : ''}`}
              description={`${agreement(m)}. ${moved ? 'From now on it is recognised by what it tells now.' : 'Its old key ends, and it gets all that is meant for that computer.'}`}
            />
          ))}
          {moved ? (
            <Radio
              value="refused"
              label="Its disk was copied"
              description="The key ends at once, for both machines: each is to be registered anew."
            />
          ) : (
            <>
              <Radio value="new" label="It is another computer" description="It comes in as a new one." />
              <Radio value="refused" label="Keep it out" />
            </>
          )}
        </Stack>
      </Radio.Group>
      {choice === 'new' && (
        <Group grow>
          <FolderField value={folder} onChange={setFolder} none="Where the rules put it" />
        </Group>
      )}
    </Dialog>
  );
}
