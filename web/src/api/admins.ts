import { queryOptions } from '@tanstack/react-query';
import { call } from './client';
import { whole } from './list';
import type { Admin, Right, Role } from './types';

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

export const addAdmin = (body: { name: string; password: string; role: string }) =>
  call<Admin>('POST', '/admins', { body });
export const editAdmin = (id: string, body: { role?: string; state?: string }) =>
  call<Admin>('PATCH', `/admins/${id}`, { body });
export const removeAdmin = (id: string) => call<void>('DELETE', `/admins/${id}`);

export type RoleForm = Pick<Role, 'name' | 'description' | 'rights'> & { groups: string[] };

export const addRole = (body: RoleForm) => call<Role>('POST', '/roles', { body });
export const editRole = (id: string, body: RoleForm) => call<Role>('PUT', `/roles/${id}`, { body });
export const removeRole = (id: string) => call<void>('DELETE', `/roles/${id}`);
