import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { comeBack, leave } from './place';

beforeEach(() => {
  vi.spyOn(location, 'assign').mockImplementation(() => undefined);
  sessionStorage.clear();
});
afterEach(() => vi.restoreAllMocks());

/** Leaves a place for a provider, and comes back to the address that the server names. */
function travel(from: string, back: string) {
  history.replaceState(null, '', from);
  leave('https://provider.example.org/authorize');
  history.replaceState(null, '', back);
  comeBack();
  return location.pathname + location.search + location.hash;
}

it.each([
  ['/portal/#/data', '/portal/', '/portal/#/data'],
  ['/portal/#/devices/d1', '/portal/?proven=yes', '/portal/?proven=yes#/devices/d1'],
  ['/portal/', '/portal/', '/portal/'],
  ['/portal/#/data', '/portal/#/enrol', '/portal/#/enrol'],
])('from %s by %s one comes to %s', (from, back, want) => {
  expect(travel(from, back)).toBe(want);
  expect(location.assign).toHaveBeenCalledWith('https://provider.example.org/authorize');
});

it('goes back only once', () => {
  travel('/portal/#/data', '/portal/');
  history.replaceState(null, '', '/portal/');
  comeBack();
  expect(location.hash).toBe('');
});
