import type { UseFormReturnType } from '@mantine/form';
import type { UseMutationResult } from '@tanstack/react-query';
import { ApiError } from '../api/client';

/** Sends a form by an act; what the server finds wrong with a field is shown beside it. */
export function submits<Values extends object, Out>(
  form: UseFormReturnType<Values>,
  act: UseMutationResult<Out, Error, Values>,
) {
  return form.onSubmit((values) =>
    act.mutate(values, { onError: (error) => error instanceof ApiError && form.setErrors(error.fields) }),
  );
}
