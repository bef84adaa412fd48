import type { ReactNode } from 'react';
import { useAct } from './act';
import { Dialog } from './Dialog';

interface ConfirmProps<Out> {
  title: string;
  submit: string;
  run: () => Promise<Out>;
  /** What to say when it is done. */
  done: (result: Out) => string;
  /** First parts of the query keys that are stale afterwards. */
  stale: string[];
  onClose: () => void;
  /** What it means, before it is done. */
  children: ReactNode;
}

/** Asks before something is taken away, and takes it away. */
export function Confirm<Out>({ title, submit, run, done, stale, onClose, children }: ConfirmProps<Out>) {
  const act = useAct(run, { done, stale, after: onClose });
  return (
    <Dialog
      opened
      danger
      title={title}
      submit={submit}
      onClose={onClose}
      onSubmit={() => act.mutate()}
      busy={act.isPending}
      error={act.error}
    >
      {children}
    </Dialog>
  );
}
