import { Alert, Button, Text } from '@mantine/core';
import { AlertTriangle } from 'lucide-react';
import { sentence } from '../api/client';

interface TroubleProps {
  error: unknown;
  retry?: () => void;
}

/** An error as the server words it, which says how to mend it, with a way to try again. */
export function Trouble({ error, retry }: TroubleProps) {
  return (
    <Alert color="red" variant="light" icon={<AlertTriangle size={18} />} role="alert">
      <Text size="sm" c="var(--mantine-color-text)">
        {sentence(error)}
      </Text>
      {retry && (
        <Button size="xs" variant="default" mt="sm" onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
