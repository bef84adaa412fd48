import { Button, Group, Text } from '@mantine/core';
import { Printer } from 'lucide-react';
import type { UserEnrolment } from '../../api/types';
import { Facts } from '../../ui/Facts';
import { Secret } from '../../ui/Secret';
import { Sheet } from './Sheet';
import { lackWords } from './words';

/** The settings of a mail account: to be read out, copied, printed or sent. */
export function MailAccount({ how }: { how?: UserEnrolment }) {
  if (!how) {
    return (
      <Text size="sm" c="dimmed">
        Choose the user to see the settings of the mail account.
      </Text>
    );
  }
  const rows: [string, string][] = [
    ['Kind of account', 'Exchange (also called ActiveSync or Corporate)'],
    ['Server', how.server],
    ['User name', how.user],
    ['Mail', how.mail],
    ['Domain', 'Leave it empty'],
    ['Encryption', 'On (SSL or TLS)'],
  ];
  return (
    <>
      <Sheet title="Mail on your device">
        <Facts rows={rows} />
        <Text size="sm" mt="sm">
          The password is that of the user’s mail.
        </Text>
      </Sheet>
      <Secret name="settings" value={rows.map(([name, value]) => `${name}: ${value}`).join('\n')} />
      <Group>
        <Button variant="default" leftSection={<Printer size={15} />} onClick={() => window.print()}>
          Print
        </Button>
      </Group>
      {how.lacks && (
        <Text size="sm" c="dimmed">
          {lackWords(how.lacks)}
        </Text>
      )}
    </>
  );
}
