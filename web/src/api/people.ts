/** The users of devices, and the groups of users and of devices. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, type Query } from './client';
import { list, whole } from './list';
import type {
  AbilityOf,
  Group,
  GroupCondition,
  GroupConditions,
  ImportResult,
  Portal,
  PortalGroup,
  Ref,
  User,
  Waiting,
} from './types';

export type GroupKind = 'user-groups' | 'device-groups';

/** What users may do by themselves, with the version that a change is based on. */
export const portal = queryOptions({
  queryKey: ['portal'],
  queryFn: ({ signal }) => callTagged<Portal>('/portal', signal),
});

export const offerInPortal = (etag: string, offered: string[]) =>
  call<Portal>('PUT', '/portal', { body: { offered }, etag });

/** What one group may do other than everybody, with the version that a change is based on. */
export const portalGroup = (id: string) =>
  queryOptions({
    queryKey: ['portal', 'groups', id],
    queryFn: ({ signal }) => callTagged<PortalGroup>(`/portal/groups/${id}`, signal),
    enabled: id !== '',
  });

export const sayOfGroup = (id: string, etag: string, said: { offered: string[]; withheld: string[] }) =>
  call<PortalGroup>('PUT', `/portal/groups/${id}`, { body: said, etag });

/** What one user may do in the portal, and by whose word. */
export const abilitiesOf = (id: string) =>
  queryOptions({
    queryKey: ['portal', 'users', id],
    queryFn: ({ signal }) => whole<AbilityOf>(`/users/${id}/portal`, {}, signal),
  });

export const users = (query: Query) => list<User>('/users', query);

export const user = (id: string) =>
  queryOptions({
    queryKey: ['users', id],
    queryFn: ({ signal }) => callTagged<User>(`/users/${id}`, signal),
  });

export interface UserForm {
  name: string;
  displayName: string;
  mail: string;
  password?: string;
}

export const addUser = (body: UserForm) => call<User>('POST', '/users', { body });
export const editUser = (
  id: string,
  etag: string,
  body: { displayName?: string; mail?: string; state?: string },
) => call<User>('PATCH', `/users/${id}`, { body, etag });
export const setUserPassword = (id: string, password: string) =>
  call<void>('PUT', `/users/${id}/password`, { body: { password } });
export const eraseUser = (id: string, reason: string) =>
  call<Waiting>('POST', `/users/${id}/erase`, { body: { reason } });

export const importUsers = (csv: string, dryRun: boolean) =>
  call<ImportResult>('POST', '/users/import', {
    query: { dryRun },
    text: { type: 'text/csv', content: csv },
  });

export const groups = (kind: GroupKind) =>
  queryOptions({
    queryKey: [kind],
    queryFn: ({ signal }) => whole<Group>(`/${kind}`, {}, signal),
  });

/** By which conditions devices come into a group, with the version that a change is based on. */
export const groupConditions = (id: string) =>
  queryOptions({
    queryKey: ['device-groups', id, 'conditions'],
    queryFn: ({ signal }) => callTagged<GroupConditions>(`/device-groups/${id}/conditions`, signal),
    staleTime: 0,
  });

export const setGroupConditions = (id: string, etag: string, conditions: GroupCondition[]) =>
  call<GroupConditions>('PUT', `/device-groups/${id}/conditions`, { body: { conditions }, etag });

export const members = (kind: GroupKind, id: string) => list<Ref>(`/${kind}/${id}/members`);

export const addGroup = (kind: GroupKind, body: { name: string; description: string }) =>
  call<Group>('POST', `/${kind}`, { body });
export const removeGroup = (kind: GroupKind, id: string) => call<void>('DELETE', `/${kind}/${id}`);
export const join = (kind: GroupKind, id: string, ids: string[]) =>
  call<void>('POST', `/${kind}/${id}/members`, { body: { ids } });
export const leave = (kind: GroupKind, id: string, ids: string[]) =>
  call<void>('DELETE', `/${kind}/${id}/members`, { body: { ids } });
