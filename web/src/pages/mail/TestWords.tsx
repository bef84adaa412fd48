import { Group, Stack, Text } from '@mantine/core';
import { Check, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { UpstreamTest } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { humanize } from '../../ui/states';
import { onDay } from '../../ui/time';

const PROVISIONING = {
  own: 'It demands a policy of its own: devices get the stricter value of both.',
  none: 'It demands none of its own.',
  unknown: '',
};

/** What a test of a mail server saw. */
export function TestWords({ test }: { test: UpstreamTest }) {
  const [certificate] = test.certificates;
  const rows: [string, ReactNode][] = [
    ['Versions', test.versions.join(', ')],
    ['Commands', test.commands.join(', ')],
    ['Policy', PROVISIONING[test.provisioning]],
    ['TLS', test.tls],
    ['Certificate', certificate?.subject],
    ['Issued by', certificate?.issuer],
    ['Valid until', certificate && onDay(certificate.expires)],
    ['Fingerprint', certificate && <code key="f">{certificate.fingerprint}</code>],
  ];
  return (
    <Stack gap="sm">
      <Callout tone={test.ok ? 'ok' : 'bad'}>{test.sentence}</Callout>
      {test.steps.map((step) => (
        <Group key={step.name} gap="xs" wrap="nowrap" align="flex-start">
          {step.ok ? <Check size={16} aria-label="Passed" /> : <X size={16} aria-label="Failed" />}
          <Text size="sm">
            <b>{humanize(step.name)}</b>: {step.text}
          </Text>
        </Group>
      ))}
      <Facts rows={rows.filter(([, value]) => value)} />
    </Stack>
  );
}
