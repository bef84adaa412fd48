import { Button, Group } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { places, unplaced } from './submit';
import { Trouble } from './Trouble';

interface TrialProps<Values, Seen> {
  form: UseFormReturnType<Values>;
  run: (values: Values) => Promise<Seen>;
  /** What was seen. */
  children: (seen: Seen) => ReactNode;
}

/** Tries what stands in a form before it is saved. */
export function Trial<Values, Seen>({ form, run, children }: TrialProps<Values, Seen>) {
  const trial = useMutation({
    mutationFn: () => run(form.getValues()),
    onError: (error) => places(form, error),
  });
  const trouble = unplaced(trial.error, form);
  return (
    <>
      <Group>
        <Button
          variant="default"
          loading={trial.isPending}
          onClick={() => !form.validate().hasErrors && trial.mutate()}
        >
          Test this, unsaved
        </Button>
      </Group>
      <div aria-live="polite">
        {Boolean(trouble) && <Trouble error={trouble} />}
        {trial.data && !trial.isPending && children(trial.data)}
      </div>
    </>
  );
}
