import type { Directory, DirectoryDraft } from '../../api/types';

export interface Role {
  group: string;
  role: string;
}

/** What is read of an entry. */
export type Attributes = Required<NonNullable<NonNullable<DirectoryDraft['ldap']>['attributes']>>;

const NO_ATTRIBUTES: Attributes = {
  login: '',
  displayName: '',
  mail: '',
  phone: '',
  id: '',
  group: '',
  member: '',
};

const USUAL: Attributes = {
  login: 'uid',
  displayName: 'cn',
  mail: 'mail',
  phone: 'mobile',
  id: 'entryUUID',
  group: 'cn',
  member: 'member',
};

/** What the server reads where nothing else is said. */
export const ATTRIBUTES: Record<Values['schema'], Attributes> = {
  openldap: USUAL,
  ad: { ...USUAL, login: 'sAMAccountName', displayName: 'displayName', id: 'objectGUID' },
  '389ds': { ...USUAL, id: 'nsUniqueId', member: 'uniqueMember' },
};

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
  nameClaim: string;
  mailClaim: string;
  groupsClaim: string;
  scopes: string[];
  return: boolean;
  secret: string;
  ca: string;
  join: boolean;
  roles: Role[];
  every: number;
  share: number;
  serverName: string;
  timeout: number;
  grace: number;
  graceHours: number;
  attributes: Attributes;
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
  nameClaim: 'name',
  mailClaim: 'email',
  groupsClaim: 'groups',
  scopes: ['profile', 'email', 'groups'],
  return: false,
  secret: '',
  ca: '',
  join: false,
  roles: [],
  every: 60,
  share: 20,
  serverName: '',
  timeout: 10,
  grace: 3,
  graceHours: 24,
  attributes: NO_ATTRIBUTES,
};

/** What another kind of server begins with: the filters and attributes of this one would find nobody. */
export const AFRESH = { userFilter: '', groupFilter: '', attributes: NO_ATTRIBUTES };

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
      serverName: ldap.serverName ?? '',
      timeout: ldap.timeoutSeconds || 10,
      grace: ldap.import?.grace ?? 3,
      graceHours: ldap.import?.graceHours ?? 24,
      attributes: { ...NO_ATTRIBUTES, ...ldap.attributes },
    }),
    ...(oidc && {
      issuer: oidc.issuer,
      clientId: oidc.clientId,
      loginClaim: oidc.claims?.login ?? '',
      nameClaim: oidc.claims?.displayName ?? '',
      mailClaim: oidc.claims?.mail ?? '',
      groupsClaim: oidc.claims?.groups ?? '',
      scopes: oidc.scopes ?? [],
      return: oidc.return ?? false,
    }),
  };
}

/** The whole of a directory: an edit replaces it, so what the form does not ask, the groups of a role, comes from the known one. */
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
      claims: { login: v.loginClaim, displayName: v.nameClaim, mail: v.mailClaim, groups: v.groupsClaim },
    };
    return draft;
  }
  draft.ldap = {
    servers: v.servers,
    mode: v.mode,
    schema: v.schema,
    bindName: v.bindName,
    ca: v.ca,
    users: { base: v.users, filter: v.userFilter },
    groups: { base: v.groups, filter: v.groupFilter },
    serverName: v.serverName,
    timeoutSeconds: v.timeout,
    attributes: v.attributes,
    import: {
      everyMinutes: v.every,
      share: v.share,
      grace: v.grace,
      graceHours: v.graceHours,
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
