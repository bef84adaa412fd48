import type { Directory, DirectoryDraft } from '../../api/types';

export interface Role {
  group: string;
  role: string;
}

/** What the form asks. */
export interface Values {
  name: string;
  kind: 'ldap' | 'oidc';
  servers: string[];
  mode: 'ldaps' | 'starttls';
  schema: 'openldap' | 'ad' | '389ds';
  bindName: string;
  users: string;
  userFilter: string;
  groups: string;
  groupFilter: string;
  issuer: string;
  clientId: string;
  loginClaim: string;
  groupsClaim: string;
  scopes: string[];
  return: boolean;
  secret: string;
  ca: string;
  join: boolean;
  roles: Role[];
  every: number;
  share: number;
}

export const BLANK: Values = {
  name: '',
  kind: 'ldap',
  servers: [],
  mode: 'ldaps',
  schema: 'openldap',
  bindName: '',
  users: '',
  userFilter: '',
  groups: '',
  groupFilter: '',
  issuer: 'https://',
  clientId: '',
  loginClaim: 'preferred_username',
  groupsClaim: 'groups',
  scopes: ['profile', 'email', 'groups'],
  return: false,
  secret: '',
  ca: '',
  join: false,
  roles: [],
  every: 60,
  share: 20,
};

export function valuesOf(d: Directory): Values {
  const { ldap, oidc } = d;
  return {
    ...BLANK,
    name: d.name,
    kind: d.kind,
    join: d.join,
    roles: d.roles.map(({ group, role }) => ({ group, role })),
    ca: ldap?.ca ?? oidc?.ca ?? '',
    ...(ldap && {
      servers: ldap.servers,
      mode: ldap.mode ?? 'ldaps',
      schema: ldap.schema ?? 'openldap',
      bindName: ldap.bindName ?? '',
      users: ldap.users.base,
      userFilter: ldap.users.filter ?? '',
      groups: ldap.groups?.base ?? '',
      groupFilter: ldap.groups?.filter ?? '',
      every: ldap.import?.everyMinutes ?? 60,
      share: ldap.import?.share ?? 20,
    }),
    ...(oidc && {
      issuer: oidc.issuer,
      clientId: oidc.clientId,
      loginClaim: oidc.claims?.login ?? '',
      groupsClaim: oidc.claims?.groups ?? '',
      scopes: oidc.scopes ?? [],
      return: oidc.return ?? false,
    }),
  };
}

/** The whole of a directory: an edit replaces it, so what the form does not ask comes from the one that is known. */
export function draftOf(v: Values, known?: Directory): DirectoryDraft {
  const draft: DirectoryDraft = { name: v.name, kind: v.kind, join: v.join, roles: rolesOf(v, known) };
  if (v.secret) draft.secret = v.secret;
  if (v.kind === 'oidc') {
    draft.oidc = {
      issuer: v.issuer,
      clientId: v.clientId,
      ca: v.ca,
      scopes: v.scopes,
      return: v.return,
      claims: { ...known?.oidc?.claims, login: v.loginClaim, groups: v.groupsClaim },
    };
    return draft;
  }
  const before = known?.ldap;
  const another = before && before.schema !== v.schema; // whose attributes do not fit
  draft.ldap = {
    ...before,
    servers: v.servers,
    mode: v.mode,
    schema: v.schema,
    bindName: v.bindName,
    ca: v.ca,
    users: { base: v.users, filter: v.userFilter },
    groups: { base: v.groups, filter: v.groupFilter },
    attributes: another ? {} : (before?.attributes ?? {}),
    import: {
      everyMinutes: v.every,
      share: v.share,
      grace: before?.import?.grace ?? 3,
      graceHours: before?.import?.graceHours ?? 24,
    },
  };
  return draft;
}

/** The roles of the form, with the device groups to which the known ones are limited. */
function rolesOf(v: Values, known?: Directory): DirectoryDraft['roles'] {
  return v.roles
    .filter((r) => r.group.trim() && r.role)
    .map((r) => {
      const before = known?.roles.find((k) => k.group === r.group && k.role === r.role);
      return before ?? { group: r.group.trim(), role: r.role };
    });
}
