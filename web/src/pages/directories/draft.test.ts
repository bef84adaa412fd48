import { expect, test } from 'vitest';
import type { Directory } from '../../api/types';
import { ATTRIBUTES, BLANK, draftOf, valuesOf } from './draft';

test('an edit that changes nothing says what was said before', () => {
  const ldap = {
    servers: ['ldap.example.org'],
    mode: 'starttls',
    schema: 'ad',
    bindName: 'cn=reader',
    ca: '',
    serverName: 'directory.example.org',
    timeoutSeconds: 25,
    users: { base: 'ou=people', filter: '(a=b)' },
    groups: { base: 'ou=groups', filter: '(c=d)' },
    attributes: { ...ATTRIBUTES.ad, mail: 'otherMailbox' },
    import: { everyMinutes: 30, share: 50, grace: 7, graceHours: 48 },
  };
  const known = { name: 'House', kind: 'ldap', join: true, roles: [], ldap } as unknown as Directory;
  expect(draftOf(valuesOf(known), known).ldap).toEqual(ldap);
  const oidc = {
    issuer: 'https://login.example.org',
    clientId: 'drover',
    ca: '',
    scopes: ['profile'],
    return: true,
    claims: { login: 'sub', displayName: 'nick', mail: 'box', groups: 'teams' },
  };
  const provider = { name: 'Login', kind: 'oidc', join: true, roles: [], oidc } as unknown as Directory;
  expect(draftOf(valuesOf(provider), provider).oidc).toEqual(oidc);
});

test('a new directory leaves the attributes to its schema', () => {
  const { attributes, timeoutSeconds } = draftOf(BLANK).ldap ?? {};
  expect(Object.values(attributes ?? {}).every((name) => name === '')).toBe(true);
  expect(timeoutSeconds).toBe(10);
});
