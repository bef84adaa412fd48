import type { UseFormReturnType } from '@mantine/form';
import { expect, test } from 'vitest';
import { ApiError } from '../api/client';
import { unplaced } from './submit';

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
