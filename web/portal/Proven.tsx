import { Button, Modal, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call, type Me } from './api';
import { useWords } from './language';
import { Trouble } from './parts';
import { leave } from './place';
import { returned } from './SignIn';

const CONFIRMED = 'drover-portal-confirmed';

interface Props {
  me: Me;
  title: string;
  /** What the button says. */
  act: string;
  danger?: boolean;
  /** Whether the act asks for a proof. */
  proof: boolean;
  onAct: () => Promise<void>;
  onClose: () => void;
  children?: ReactNode;
}

/** The last question before an act: what it does, and the proof that it is still the same person who asks. */
export function Proven({ me, title, act, danger, proof, onAct, onClose, children }: Props) {
  const words = useWords();
  const [password, setPassword] = useState('');
  const [confirmed, setConfirmed] = useState(
    () => returned.has('proven') && sessionStorage.getItem(CONFIRMED) !== null,
  );
  const byPassword = proof && me.providers.length === 0;
  const byProvider = proof && !byPassword && !confirmed;
  const doIt = useMutation({
    mutationFn: async () => {
      if (byPassword) await call<void>('POST', '/session/proof', { password });
      sessionStorage.removeItem(CONFIRMED);
      setConfirmed(false);
      await onAct();
    },
    onSuccess: onClose,
    onSettled: () => setPassword(''),
  });
  const away = useMutation({
    mutationFn: (id: string) => call<{ url: string }>('POST', `/session/proof/${id}`),
    onSuccess: ({ url }) => {
      sessionStorage.setItem(CONFIRMED, 'asked');
      leave(url);
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      fullScreen={matchMedia('(max-width: 480px)').matches}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      <form
        style={{ display: 'flex', flexDirection: 'column', gap: 16 }}
        onSubmit={(event) => {
          event.preventDefault();
          doIt.mutate();
        }}
      >
        {children}
        {byPassword && (
          <PasswordInput
            size="lg"
            label={words.password}
            description={words.proveLead}
            autoComplete="current-password"
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-hidden': true }}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        {proof && confirmed && <p className="good">{words.proven}</p>}
        <Trouble error={doIt.error ?? away.error} />
        {byProvider ? (
          me.providers.map((way) => (
            <Button key={way.id} size="lg" loading={away.isPending} onClick={() => away.mutate(way.id)}>
              {words.proveBy(way.name)}
            </Button>
          ))
        ) : (
          <Button type="submit" size="lg" color={danger ? 'red.9' : undefined} loading={doIt.isPending}>
            {act}
          </Button>
        )}
        <Button size="lg" variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
      </form>
    </Modal>
  );
}
