import type { UseFormReturnType } from '@mantine/form';
import type { UseMutationResult } from '@tanstack/react-query';
import { ApiError } from '../api/client';

/** Sends a form by an act; what the server finds wrong with a field is shown beside it. */
export function submits<Values extends object, Out>(
  form: UseFormReturnType<Values>,
  act: UseMutationResult<Out, Error, Values>,
) {
  return form.onSubmit(
    (values) => act.mutate(values, { onError: (error) => places(form, error) }),
    (faults) => goTo(form, Object.keys(faults)),
  );
}

/** Shows each fault beside its field, and goes to the first of them. */
export function places<Values>(form: UseFormReturnType<Values>, error: unknown) {
  if (!(error instanceof ApiError)) return;
  form.setErrors(error.fields);
  goTo(form, Object.keys(error.fields));
}

/** Goes to the first of some fields, as they stand on the page, after a fold that holds it has opened: that takes a frame. */
function goTo<Values>(form: UseFormReturnType<Values>, paths: string[]) {
  const focus = () => {
    const fields = paths.map((path) => form.getInputNode(path)).filter((field) => field !== null);
    fields.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    fields[0]?.focus();
  };
  requestAnimationFrame(() => requestAnimationFrame(focus));
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
