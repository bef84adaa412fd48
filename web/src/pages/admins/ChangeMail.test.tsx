import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import type { Session } from '../../api/types';
import { MeContext } from '../../app/me';
import { serve, show } from '../../test/show';
import { ChangeMail } from './ChangeMail';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['mira', 'Change my mail address'],
  ['ann', 'Mail address of ann'],
])('the address of %s is changed with a proof', async (id, title) => {
  const asked = serve({ [`PUT /admins/${id}/mail`]: { status: 204 } });
  const closed = vi.fn();
  const me = { admin: { id: 'mira', name: 'mira' }, methods: ['totp'] } as unknown as Session;
  show(
    <MeContext.Provider value={me}>
      <ChangeMail admin={{ id, name: id, mail: 'old@example.org' }} onClose={closed} />
    </MeContext.Provider>,
  );
  expect(await screen.findByRole('dialog', { name: title })).toBeTruthy();
  const address = screen.getByLabelText('Mail address');
  expect((address as HTMLInputElement).value).toBe('old@example.org');
  await userEvent.clear(address);
  await userEvent.type(address, ' new@example.org ');
  await userEvent.type(screen.getByLabelText('One-time code you have now'), '123456');
  await userEvent.click(screen.getByRole('button', { name: 'Change' }));
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect(asked.find((a) => a.method === 'PUT')?.body).toEqual({ mail: 'new@example.org', code: '123456' });
});
