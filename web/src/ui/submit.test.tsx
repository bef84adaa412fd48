import { TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { ApiError } from '../api/client';
import { show } from '../test/show';
import { submits, unplaced } from './submit';

const form = { values: { users: '', attributes: { login: '' } } } as unknown as UseFormReturnType<object>;

const refusal = (...fields: string[]) =>
  new ApiError(422, { detail: 'No.', errors: fields.map((f) => ({ location: `body.${f}`, message: 'no' })) });

test('what stands at a field is not said again below', () => {
  expect(unplaced(refusal('users', 'attributes.login'), form)).toBeUndefined();
});

test('what stands at no field is said below', () => {
  for (const error of [
    refusal(),
    refusal('secret'),
    refusal('users', 'attributes.none'),
    new Error('network'),
  ]) {
    expect(unplaced(error, form)).toBe(error);
  }
});

function Server({ faults }: { faults: string[] }) {
  const form = useForm({
    initialValues: { name: 'House', base: '', filter: '' },
    validate: { name: (v) => (v ? null : 'Give it a name.') },
  });
  const save = useMutation<never, Error, typeof form.values>({
    mutationFn: () => Promise.reject(refusal(...faults)),
  });
  return (
    <form onSubmit={submits(form, save)}>
      <TextInput label="Name" {...form.getInputProps('name')} />
      <TextInput label="Base" {...form.getInputProps('base')} />
      <TextInput label="Filter" {...form.getInputProps('filter')} />
      <button>Save</button>
    </form>
  );
}

test('a form goes to the first field that the server refuses', async () => {
  show(<Server faults={['filter', 'base']} />);
  await userEvent.click(screen.getByText('Save'));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Base')));
});

test('a form goes to the first field that is not filled in', async () => {
  show(<Server faults={[]} />);
  await userEvent.clear(screen.getByLabelText('Name'));
  await userEvent.click(screen.getByText('Save'));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Name')));
});
