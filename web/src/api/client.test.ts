import { afterEach, expect, test, vi } from 'vitest';
import { serve } from '../test/show';
import { address, ApiError, call, callTagged } from './client';
import { whole } from './list';

afterEach(() => vi.unstubAllGlobals());

test('an address leaves out what is not set and escapes what is', () => {
  expect(address('/devices', { q: 'a b&c', state: '', platform: undefined, limit: 100 })).toBe(
    '/api/v1/devices?q=a+b%26c&limit=100',
  );
});

test('a problem becomes a sentence with its code and fields', async () => {
  serve({
    'POST /upstreams': {
      status: 422,
      body: {
        code: 'upstream.url',
        detail: 'The URL must start with https://.',
        errors: [{ location: 'body.url', message: 'Write https:// first.' }],
      },
    },
  });
  const failure = await call('POST', '/upstreams', { body: {} }).catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(ApiError);
  const error = failure as ApiError;
  expect(error.message).toBe('The URL must start with https://.');
  expect([error.status, error.code, error.fields]).toEqual([
    422,
    'upstream.url',
    { url: 'Write https:// first.' },
  ]);
});

test('an answer that is no problem document still gives a sentence', async () => {
  vi.stubGlobal('fetch', async () => new Response('<html>bad gateway</html>', { status: 502 }));
  await expect(call('GET', '/overview')).rejects.toThrow('The server answered 502.');
});

test('a server out of reach is said in words, not as a stack', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(call('GET', '/overview')).rejects.toThrow(/did not answer.*try again/);
});

test('a POST carries a key of its own, an edit the version it was read at', async () => {
  const asked = serve({
    'POST /devices/1/commands': { body: {} },
    'GET /devices/1': { body: { id: '1' } },
    'PATCH /devices/1': { body: {} },
  });
  await call('POST', '/devices/1/commands', { body: { kind: 'lock' } });
  await call('POST', '/devices/1/commands', { body: { kind: 'lock' } });
  const read = await callTagged<{ id: string }>('/devices/1');
  await call('PATCH', '/devices/1', { body: {}, etag: read.etag });
  const keys = asked.map((a) => a.headers['Idempotency-Key']);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).not.toBe(keys[0]);
  expect(keys[3]).toBeUndefined();
  expect(asked[3]?.headers['If-Match']).toBe('"7"');
});

test('a short list is read to its end', async () => {
  serve({
    'GET /roles?limit=100': { body: { items: [1, 2], next: 'c' } },
    'GET /roles?limit=100&cursor=c': { body: { items: [3], next: '' } },
  });
  expect(await whole<number>('/roles')).toEqual([1, 2, 3]);
});
