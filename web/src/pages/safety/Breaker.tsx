import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { breaker, closeBreaker } from '../../api/safety';
import type { Breaker as State } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ReasonField } from '../../ui/ReasonField';
import { ToneMark } from '../../ui/Status';
import { outcome } from '../../ui/waiting';
import { When } from '../../ui/When';

/** Whether destructive commands are carried out at all. */
export function Breaker() {
  const may = useMay();
  const answer = useQuery(breaker);
  const [closing, setClosing] = useState(false);
  return (
    <Panel
      title="Breaker"
      aside={
        answer.data && (
          <ToneMark tone={answer.data.open ? 'bad' : 'ok'}>{answer.data.open ? 'Open' : 'Closed'}</ToneMark>
        )
      }
    >
      <Loaded of={answer}>
        {(now) =>
          now.open ? (
            <Opened state={now} onClose={may('safety.edit') ? () => setClosing(true) : undefined} />
          ) : (
            <Text size="sm" maw={760}>
              Destructive commands are carried out within the budgets below. When one comes to its delivery
              over a budget, the breaker opens, and everything destructive stands still until administrators
              have looked and closed it.
            </Text>
          )
        }
      </Loaded>
      {closing && <Close onClose={() => setClosing(false)} />}
    </Panel>
  );
}

function Opened({ state, onClose }: { state: State; onClose?: () => void }) {
  return (
    <>
      <Callout tone="bad" title="Nothing destructive is carried out">
        It opened <When time={state.since} /> because {state.because.replace(/\.$/, '')}. Look under Commands
        and in the audit log at who asked for what, cancel what should not happen, and only then close it.
      </Callout>
      {onClose && (
        <Group mt="md">
          <Button onClick={onClose}>Close the breaker…</Button>
        </Group>
      )}
    </>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  const [reason, setReason] = useState('');
  const close = useAct(() => closeBreaker(reason.trim()), {
    done: (waiting) => outcome(waiting, 'The breaker is closed.'),
    stale: ['safety', 'overview', 'approvals', 'session', 'commands'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Close the breaker?"
      submit="Close the breaker"
      onClose={onClose}
      onSubmit={() => close.mutate()}
      busy={close.isPending}
      error={close.error}
      incomplete={!reason.trim()}
    >
      <Text size="sm">
        Commands that are queued are carried out again, within the budgets. Cancel those that should not
        happen first.
      </Text>
      <ReasonField value={reason} onChange={setReason} approved />
    </Dialog>
  );
}
