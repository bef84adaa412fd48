import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { whole } from './list';
import type { Admin, Link, Proof, Right, Role, Waiting } from './types';

export const admins = queryOptions({
  queryKey: ['admins'],
  queryFn: ({ signal }) => whole<Admin>('/admins', {}, signal),
});

export const roles = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => whole<Role>('/roles', {}, signal),
});

export const rights = queryOptions({
  queryKey: ['rights'],
  queryFn: ({ signal }) => whole<Right>('/rights', {}, signal),
  staleTime: Infinity,
});

/** Without groups the role reaches the whole zone; an empty list is refused. */
export interface GrantDraft {
  role: string;
  groups?: string[];
}

interface AdminChange {
  admin: Admin;
  waiting: Waiting;
}

export const addAdmin = (body: { name: string; mail: string; grants: GrantDraft[] }) =>
  call<AdminChange>('POST', '/admins', { body });
export const setGrants = (id: string, grants: GrantDraft[]) =>
  call<AdminChange>('PUT', `/admins/${id}/grants`, { body: { grants } });

export const setMail = (id: string, body: { mail: string } & Proof) =>
  call<void>('PUT', `/admins/${id}/mail`, { body });

export type AdminAct = 'disable' | 'enable' | 'reset';

export const actOnAdmin = (id: string, act: AdminAct) => call<AdminChange>('POST', `/admins/${id}/${act}`);
export const invite = (id: string, proof: Proof) =>
  call<Link>('POST', `/admins/${id}/invitation`, { body: proof });

export interface RoleForm {
  name: string;
  description: string;
  rights: string[];
}

interface RoleChange {
  role: Role;
  waiting: Waiting;
}

export const role = (id: string) =>
  queryOptions({
    queryKey: ['roles', id],
    queryFn: ({ signal }) => callTagged<Role>(`/roles/${id}`, signal),
    staleTime: 0,
  });

export const addRole = (body: RoleForm) => call<RoleChange>('POST', '/roles', { body });
export const editRole = (id: string, etag: string, body: RoleForm) =>
  call<RoleChange>('PUT', `/roles/${id}`, { body, etag });
export const removeRole = (id: string) => call<void>('DELETE', `/roles/${id}`);
