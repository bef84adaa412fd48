import { List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { effects, sendToMany } from '../../api/commands';
import type { Effect } from '../../api/types';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { ReasonField } from '../../ui/ReasonField';
import { ShownText, shownText } from '../../ui/ShownText';
import { plural } from '../../ui/time';
import { WhatGoes } from '../../ui/WhatGoes';

const SHOWN = 5;

interface BulkOrderProps {
  order: { kind: string; label: string; danger?: boolean };
  chosen: string[];
  onClose: () => void;
  onDone: () => void;
}

/** Orders something from many devices: first says what it does on each platform among them. */
export function BulkOrder({ order, chosen, onClose, onDone }: BulkOrderProps) {
  const [key] = useState(() => crypto.randomUUID());
  const [reason, setReason] = useState('');
  const [text, setText] = useState('');
  const shows = shownText(order.kind);
  const seen = useQuery(effects(order.kind, chosen));
  const able = (seen.data ?? []).filter((e) => e.possible);
  const send = useAct(
    () =>
      sendToMany(key, {
        kind: order.kind,
        reason: reason.trim(),
        devices: able.map((e) => e.device.id),
        ...(text.trim() ? { text: text.trim() } : {}),
      }),
    {
      done: ({ waiting, items, progress }) =>
        waiting.approval
          ? `Asked for ${plural(items.length, 'device')}. It waits for ${plural(waiting.needed, 'approval')}.`
          : `Asked for ${plural(items.length, 'device')}${progress.left > 0 ? `; ${plural(progress.left, 'device')} left out` : ''}. Follow it under Commands.`,
      stale: ['commands', 'devices', 'approvals', 'overview'],
      after: onDone,
    },
  );
  return (
    <Dialog
      opened
      size="lg"
      title={`${order.label}: ${plural(chosen.length, 'device')}`}
      submit={`${order.label}, ${plural(able.length, 'device')}`}
      danger={order.danger}
      onClose={onClose}
      onSubmit={() => send.mutate()}
      busy={send.isPending}
      error={send.error}
      incomplete={!reason.trim() || able.length === 0 || (shows?.required && !text.trim())}
    >
      <Loaded of={seen}>{(all) => <Effects all={all} destructive={order.danger ?? false} />}</Loaded>
      {shows && <ShownText {...shows} value={text} onChange={setText} />}
      <ReasonField value={reason} onChange={setReason} approved={order.danger} />
    </Dialog>
  );
}

/** What becomes of the devices: said once for all platforms of which the same is true. */
function Effects({ all, destructive }: { all: Effect[]; destructive: boolean }) {
  const kinds = new Map<string, Effect[]>();
  for (const e of all.filter((x) => x.possible)) {
    const words = [e.removes, e.leaves, e.caveat].join('\n');
    kinds.set(words, [...(kinds.get(words) ?? []), e]);
  }
  const unable = all.filter((e) => !e.possible);
  return (
    <Stack gap="md">
      {[...kinds].map(([words, same]) => (
        <div key={words}>
          <Text size="sm" mb={6}>
            <b>{[...new Set(same.map((e) => e.platform))].join(', ')}</b>: {plural(same.length, 'device')}
          </Text>
          {same[0] && (
            <WhatGoes
              removes={same[0].removes}
              leaves={same[0].leaves}
              caveat={same[0].caveat}
              destructive={destructive}
            />
          )}
        </div>
      ))}
      {unable.length > 0 && (
        <Callout tone="off" title={`${plural(unable.length, 'device')} cannot do this and will be left out`}>
          <List size="sm">
            {unable.slice(0, SHOWN).map((e) => (
              <List.Item key={e.device.id}>
                {e.device.name}: {e.reason}
              </List.Item>
            ))}
          </List>
          {unable.length > SHOWN && `And ${unable.length - SHOWN} more.`}
        </Callout>
      )}
    </Stack>
  );
}
