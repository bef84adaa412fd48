import { Button, Divider, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { KeyRound, Smartphone } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { renderSVG } from 'uqr';
import { addPasskey, confirmTotp, offerTotp, type TotpOffer } from '../api/account';
import { passkeysWork } from '../api/webauthn';
import { CodeInput } from './CodeInput';
import { Secret } from './Secret';
import { Trouble } from './Trouble';

/** Adds a second factor: a passkey of this device, or an authenticator app. */
export function AddFactor({ onDone }: { onDone: () => void }) {
  const [label, setLabel] = useState('');
  const byKey = useMutation({ mutationFn: () => addPasskey(label || 'Passkey'), onSuccess: onDone });
  const offer = useMutation({ mutationFn: offerTotp });
  if (offer.data)
    return <ConfirmTotp offer={offer.data} label={label || 'Authenticator app'} onDone={onDone} />;
  return (
    <Stack gap="md">
      <TextInput
        label="Name"
        description="So that you know it again in your list."
        placeholder="Work phone"
        value={label}
        onChange={(e) => setLabel(e.currentTarget.value)}
      />
      {passkeysWork() && (
        <>
          <Button
            leftSection={<KeyRound size={16} />}
            loading={byKey.isPending}
            onClick={() => byKey.mutate()}
          >
            Add a passkey
          </Button>
          <Text size="sm" c="dimmed" mt={-8}>
            The safest choice: a security key, or this device’s fingerprint, face or PIN.
          </Text>
          <Divider label="or" />
        </>
      )}
      <Button
        variant="default"
        leftSection={<Smartphone size={16} />}
        loading={offer.isPending}
        onClick={() => offer.mutate()}
      >
        Use an authenticator app
      </Button>
      {(byKey.error ?? offer.error) && <Trouble error={byKey.error ?? offer.error} />}
    </Stack>
  );
}

function ConfirmTotp({ offer, label, onDone }: { offer: TotpOffer; label: string; onDone: () => void }) {
  const [code, setCode] = useState('');
  const confirm = useMutation({
    mutationFn: () => confirmTotp({ id: offer.id, code, label }),
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
        {confirm.error && <Trouble error={confirm.error} />}
        <Button type="submit" disabled={code.length < 6} loading={confirm.isPending}>
          Confirm
        </Button>
      </Stack>
    </form>
  );
}
