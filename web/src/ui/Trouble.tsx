import { Button } from '@mantine/core';
import { ApiError, sentence } from '../api/client';
import { Callout } from './Callout';
import { humanize } from './states';

interface TroubleProps {
  error: unknown;
  retry?: () => void;
}

/** An error as the server words it, which says how to mend it, with a way to try again. */
export function Trouble({ error, retry }: TroubleProps) {
  const faults = error instanceof ApiError ? Object.entries(error.fields) : [];
  return (
    <Callout tone="bad" alert>
      <div>{sentence(error)}</div>
      {faults.map(([field, message]) => (
        <div key={field}>
          {humanize(field)}: {message}
        </div>
      ))}
      {retry && (
        <Button size="xs" variant="default" mt="sm" onClick={retry}>
          Try again
        </Button>
      )}
    </Callout>
  );
}
