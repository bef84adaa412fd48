import { Button, Divider, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { KeyRound, Smartphone } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { renderSVG } from 'uqr';
import { addPasskey, confirmTotp, offerTotp, ownProof, type TotpOffer } from '../api/account';
import type { FactorMethod } from '../api/types';
import { passkeysWork } from '../api/webauthn';
import { CodeInput } from './CodeInput';
import { lacksProof, OwnProof } from './OwnProof';
import { Secret } from './Secret';
import { Trouble } from './Trouble';

interface AddFactorProps {
  /** The factors there are already: one of them is asked for. */
  methods: FactorMethod[];
  /** Whether passkeys work at this address. */
  passkeys: boolean;
  onDone: () => void;
}

/** Adds a second factor: a passkey of this device, or an authenticator app. */
export function AddFactor({ methods, passkeys, onDone }: AddFactorProps) {
  const [label, setLabel] = useState('');
  const [code, setCode] = useState('');
  const byKey = useMutation({
    mutationFn: async () => addPasskey(label.trim() || 'Passkey', await ownProof(methods, code)),
    onSuccess: onDone,
  });
  const offer = useMutation({ mutationFn: offerTotp });
  if (offer.data) return <ConfirmTotp offer={offer.data} methods={methods} onDone={onDone} />;
  return (
    <Stack gap="md">
      {passkeys && passkeysWork() && (
        <>
          <Text size="sm" c="dimmed">
            A passkey is the safest choice: a security key, or this device’s fingerprint, face or PIN.
          </Text>
          <TextInput
            label="Name of the passkey (optional)"
            description="So that you know it again in your list."
            placeholder="Work laptop"
            value={label}
            onChange={(e) => setLabel(e.currentTarget.value)}
          />
          <OwnProof methods={methods} code={code} onCode={setCode} />
          <Button
            leftSection={<KeyRound size={16} />}
            loading={byKey.isPending}
            disabled={lacksProof(methods, code)}
            onClick={() => byKey.mutate()}
          >
            Add a passkey
          </Button>
          <Divider label="or" />
        </>
      )}
      <Button
        variant="default"
        leftSection={<Smartphone size={16} />}
        loading={offer.isPending}
        onClick={() => offer.mutate()}
      >
        {methods.includes('totp') ? 'Replace the authenticator app' : 'Use an authenticator app'}
      </Button>
      {(byKey.error ?? offer.error) && <Trouble error={byKey.error ?? offer.error} />}
    </Stack>
  );
}

interface ConfirmTotpProps {
  offer: TotpOffer;
  methods: FactorMethod[];
  onDone: () => void;
}

function ConfirmTotp({ offer, methods, onDone }: ConfirmTotpProps) {
  const [code, setCode] = useState('');
  const [present, setPresent] = useState('');
  const confirm = useMutation({
    mutationFn: async () =>
      confirmTotp({ secret: offer.secret, code, proof: await ownProof(methods, present) }),
    onSuccess: onDone,
    onError: () => setCode(''),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  const picture = `data:image/svg+xml,${encodeURIComponent(renderSVG(offer.uri, { border: 2 }))}`;
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text size="sm">Scan this with your authenticator app, or type the key into it.</Text>
        <Group justify="center">
          <img
            src={picture}
            width={196}
            height={196}
            alt="QR code of the key below"
            style={{ borderRadius: 8, background: '#fff' }}
          />
        </Group>
        <Secret value={offer.secret} name="key" />
        <CodeInput
          label="Code from the app"
          description="Proves that the app has the key."
          value={code}
          onChange={setCode}
        />
        <OwnProof methods={methods} code={present} onCode={setPresent} />
        {confirm.error && <Trouble error={confirm.error} />}
        <Button
          type="submit"
          disabled={code.length < 6 || lacksProof(methods, present)}
          loading={confirm.isPending}
        >
          Confirm
        </Button>
      </Stack>
    </form>
  );
}
