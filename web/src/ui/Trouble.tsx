import { Button } from '@mantine/core';
import { sentence } from '../api/client';
import { Callout } from './Callout';

interface TroubleProps {
  error: unknown;
  retry?: () => void;
}

/** An error as the server words it, which says how to mend it, with a way to try again. */
export function Trouble({ error, retry }: TroubleProps) {
  return (
    <Callout tone="bad" alert>
      <div>{sentence(error)}</div>
      {retry && (
        <Button size="xs" variant="default" mt="sm" onClick={retry}>
          Try again
        </Button>
      )}
    </Callout>
  );
}
