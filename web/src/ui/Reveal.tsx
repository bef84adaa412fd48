import { Button, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from './Dialog';
import { Facts } from './Facts';
import { ReasonField } from './ReasonField';

interface RevealProps {
  /** What is sealed: "the phone number". */
  what: string;
  /** Looks, for a reason that is kept; nothing where there is nothing to see, which is no look. */
  look: (reason: string) => Promise<[string, string][]>;
}

/** Sealed personal values, shown only for a reason, which their owner sees; forgotten when the dialog closes. */
export function Reveal({ what, look }: RevealProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Eye size={14} />}
        aria-label={`Show ${what}`}
        onClick={() => setOpen(true)}
      >
        Show…
      </Button>
      {open && <Look what={what} look={look} onClose={() => setOpen(false)} />}
    </>
  );
}

function Look({ what, look, onClose }: RevealProps & { onClose: () => void }) {
  const [reason, setReason] = useState('');
  const run = useMutation({ mutationFn: look });
  if (run.data) {
    return (
      <Dialog opened title={`Show ${what}`} submit="Done" plain onClose={onClose} onSubmit={onClose}>
        {run.data.length > 0 ? (
          <>
            <Facts rows={run.data} />
            <Text size="sm" c="dimmed">
              This look is recorded: who, when, and “{reason.trim()}”.
            </Text>
          </>
        ) : (
          <Text size="sm">Nothing is known, so there was nothing to look at or to record.</Text>
        )}
      </Dialog>
    );
  }
  return (
    <Dialog
      opened
      title={`Show ${what}`}
      submit="Show"
      onClose={onClose}
      onSubmit={() => run.mutate(reason.trim())}
      busy={run.isPending}
      error={run.error}
      incomplete={!reason.trim()}
    >
      <Text size="sm">
        Personal values are kept sealed. Looking at them is recorded with your reason, which the person they
        belong to may see.
      </Text>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
