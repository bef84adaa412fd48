import { Box, Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { explain } from '../../api/registration';
import type { ComputerFactsWire, RegistrationAnswer } from '../../api/types';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { Trouble } from '../../ui/Trouble';
import { usePlaceNames } from './PlaceFields';
import { agreement, WHY } from './words';
import classes from '../access/access.module.css';

/** What would become of a computer, rule by rule. */
export function Try() {
  const [facts, setFacts] = useState<ComputerFactsWire>({ platform: 'linux', host: '', serial: '' });
  const [address, setAddress] = useState('');
  const test = useMutation({ mutationFn: () => explain({ facts, address: address.trim() }) });
  return (
    <Panel title="Try it">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          test.mutate();
        }}
      >
        <Group gap="xs" align="flex-end">
          <TextInput
            label="Host name"
            placeholder="web1.example.org"
            value={facts.host ?? ''}
            onChange={(e) => setFacts({ ...facts, host: e.currentTarget.value })}
          />
          <Select
            label="Platform"
            data={['linux', 'windows', 'macos']}
            allowDeselect={false}
            value={facts.platform}
            onChange={(p) => setFacts({ ...facts, platform: p as ComputerFactsWire['platform'] })}
            w={120}
          />
          <TextInput
            label="Serial number"
            value={facts.serial ?? ''}
            onChange={(e) => setFacts({ ...facts, serial: e.currentTarget.value })}
          />
          <TextInput
            label="Address"
            placeholder="192.0.2.7"
            value={address}
            onChange={(e) => setAddress(e.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={test.isPending}>
            Try
          </Button>
        </Group>
      </form>
      <Box mt={test.data || test.isError ? 'md' : 0} aria-live="polite">
        {test.isError && <Trouble error={test.error} />}
        {test.data && <Answer answer={test.data} />}
      </Box>
    </Panel>
  );
}

function Answer({ answer }: { answer: RegistrationAnswer }) {
  const placed = usePlaceNames();
  return (
    <>
      <Group gap="sm">
        <Status state={`register-${answer.why ? 'review' : answer.verdict}`} />
        <Text size="sm">
          {answer.sentence}
          {answer.verdict === 'admit' && ` It is put into ${placed(answer.place)}.`}
        </Text>
      </Group>
      {answer.why && (
        <Text size="sm" mt="xs">
          An administrator decides first. {WHY[answer.why]}{' '}
          {answer.matches.map((m) => `${m.device.name || m.device.id}: ${agreement(m)}.`).join(' ')}
        </Text>
      )}
      {answer.steps.length > 0 && (
        <ol className={classes.trail}>
          {answer.steps.map((step) => (
            <li key={step.position} data-matched={step.matched || undefined}>
              <span className={classes.position}>{step.position}</span>
              <span>
                <b>{step.name}</b>
                <br />
                <span className={classes.why}>{step.sentence}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
