import { Button, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, get, type Command, type DeviceDetail, type Effect, type Me } from './api';
import { Said, useWhen, useWords, word } from './language';
import { useEvery } from './live';
import { Card, Facts, Read, Trouble } from './parts';
import { Proven } from './Proven';

const WIPES = ['full-wipe', 'selective-wipe', 'wipe-card', 'clear-passcode'];

/** What a command does, in the words of the device's platform. */
export function Does({ effect }: { effect: Effect }) {
  const words = useWords();
  return (
    <Facts
      list={[
        [words.removes, effect.removes && <Said text={effect.removes} />],
        [words.leaves, effect.leaves && <Said text={effect.leaves} />],
        [words.caveat, effect.caveat && <Said text={effect.caveat} />],
      ]}
    />
  );
}

export function Acts({
  device,
  me,
  onSaid,
}: {
  device: DeviceDetail;
  me: Me;
  onSaid: (text: string) => void;
}) {
  const words = useWords();
  const [chosen, setChosen] = useState<Effect>();
  const can = device.effects.filter((effect) => effect.possible && effect.offered);
  const cannot = device.effects.filter((effect) => !effect.possible && effect.offered);
  const withheld = device.effects.filter((effect) => effect.possible && !effect.offered);
  const name = (effect: Effect) => word<string>(words.commands, effect.command) ?? effect.command;
  return (
    <Card title={words.acts}>
      {can.length === 0 && <p>{words.noActs}</p>}
      {can.map((effect) => (
        <Button
          key={effect.command}
          size="lg"
          variant={effect.command === 'lock' ? 'filled' : 'default'}
          c={WIPES.includes(effect.command) ? 'var(--mantine-color-error)' : undefined}
          styles={{
            label: { whiteSpace: 'normal', lineHeight: 1.3 },
            root: { height: 'auto', minHeight: 50 },
          }}
          onClick={() => setChosen(effect)}
        >
          {name(effect)}
        </Button>
      ))}
      {withheld.length > 0 && (
        <p className="dim">
          {withheld.map(name).join(', ')}: {words.notOffered}
        </p>
      )}
      {cannot.length > 0 && (
        <details>
          <summary>{words.notPossible}</summary>
          <ul className="plain" style={{ marginTop: 12 }}>
            {cannot.map((effect) => (
              <li key={effect.command}>
                <strong>{name(effect)}</strong>
                <p className="dim">
                  <Said text={effect.reason} />
                </p>
              </li>
            ))}
          </ul>
        </details>
      )}
      {chosen && (
        <Order
          device={device}
          effect={chosen}
          me={me}
          name={name(chosen)}
          onSaid={onSaid}
          onClose={() => setChosen(undefined)}
        />
      )}
    </Card>
  );
}

interface OrderProps {
  device: DeviceDetail;
  effect: Effect;
  me: Me;
  name: string;
  onSaid: (text: string) => void;
  onClose: () => void;
}

function Order({ device, effect, me, name, onSaid, onClose }: OrderProps) {
  const words = useWords();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [key] = useState(() => crypto.randomUUID());
  const speaks = effect.command === 'message' || effect.command === 'lock';
  const wipes = WIPES.includes(effect.command);
  const act = async () => {
    await call<Command>('POST', `/devices/${device.id}/commands`, { command: effect.command, text, key });
    await client.invalidateQueries({ queryKey: ['commands', device.id] });
    onSaid(words.ordered(name));
  };
  return (
    <Proven
      me={me}
      title={`${name}: ${device.name}`}
      act={name}
      danger={wipes}
      proof={effect.proof}
      onAct={act}
      onClose={onClose}
    >
      <Does effect={effect} />
      {wipes && <p className="bad">{words.finalWord}</p>}
      {speaks && (
        <Textarea
          size="lg"
          label={effect.command === 'lock' ? words.lockText : words.messageText}
          maxLength={500}
          required={effect.command === 'message'}
          withAsterisk={false}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
    </Proven>
  );
}

const BUSY_MS = 3_000;
const IDLE_MS = 20_000;

/** What was ordered, and how far it is: where changes are not told, asked often while something is under way. */
export function Orders({ id }: { id: string }) {
  const words = useWords();
  const client = useQueryClient();
  const busy = useEvery(BUSY_MS);
  const idle = useEvery(IDLE_MS);
  const list = useQuery({
    queryKey: ['commands', id],
    queryFn: () => get<{ items: Command[] }>(`/devices/${id}/commands`),
    refetchInterval: (query) => (query.state.data?.items.some((x) => x.open) ? busy : idle),
  });
  const takeBack = useMutation({
    mutationFn: (command: string) => call<Command>('POST', `/commands/${command}/cancel`),
    onSettled: () => client.invalidateQueries({ queryKey: ['commands', id] }),
  });
  return (
    <Card title={words.progress}>
      <Trouble error={takeBack.error} />
      <Read from={list}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim">{words.noCommands}</p>
          ) : (
            <ul className="plain" aria-live="polite">
              {items.map((command) => (
                <Line key={command.id} command={command} onBack={() => takeBack.mutate(command.id)} />
              ))}
            </ul>
          )
        }
      </Read>
    </Card>
  );
}

function Line({ command, onBack }: { command: Command; onBack: () => void }) {
  const words = useWords();
  const when = useWhen();
  const name = word<string>(words.commands, command.command) ?? command.command;
  return (
    <li>
      <p>
        <strong>{name}</strong>: {word<string>(words.commandStates, command.state)}
      </p>
      {command.state === 'failed' && command.words && <p lang="en">{command.words}</p>}
      <p className="dim">
        {when(command.created)}, {command.mine ? words.byYou : words.byThem}
      </p>
      {command.cancelable && (
        <Button size="md" variant="default" mt={8} onClick={onBack} aria-label={`${words.takeBack}: ${name}`}>
          {words.takeBack}
        </Button>
      )}
    </li>
  );
}
