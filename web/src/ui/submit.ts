import type { UseFormReturnType } from '@mantine/form';
import type { UseMutationResult } from '@tanstack/react-query';
import { ApiError } from '../api/client';

/** Sends a form by an act; what the server finds wrong with a field is shown beside it. */
export function submits<Values extends object, Out>(
  form: UseFormReturnType<Values>,
  act: UseMutationResult<Out, Error, Values>,
) {
  return form.onSubmit((values) => act.mutate(values, { onError: (error) => places(form, error) }));
}

/** Shows each fault beside its field. */
export function places<Values>(form: UseFormReturnType<Values>, error: unknown) {
  if (error instanceof ApiError) form.setErrors(error.fields);
}

/** The error, unless all that it says stands beside fields of the form. */
export function unplaced<Values>(error: unknown, form: UseFormReturnType<Values>) {
  if (!(error instanceof ApiError)) return error;
  const paths = Object.keys(error.fields);
  return paths.length > 0 && paths.every((path) => holds(form.values, path)) ? undefined : error;
}

function holds(values: unknown, path: string) {
  const found = path
    .split('.')
    .reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], values);
  return found !== undefined;
}
