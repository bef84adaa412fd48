/** Which computers come into the zone, and where they go. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { list, whole } from './list';
import type {
  ApprovalImport,
  ComputerCode,
  ComputerKey,
  ComputersClosed,
  Folder,
  NewComputerCode,
  RegistrationAnswer,
  RegistrationDecision,
  RegistrationDefault,
  RegistrationQuestion,
  RegistrationReconcile,
  RegistrationReview,
  RegistrationRule,
  RegistrationRuleDraft,
} from './types';

export const registrationRules = queryOptions({
  queryKey: ['registration', 'rules'],
  queryFn: ({ signal }) => whole<RegistrationRule>('/registration/rules', {}, signal),
});

export const addRule = (body: RegistrationRuleDraft) =>
  call<RegistrationRule>('POST', '/registration/rules', { body });
export const editRule = (rule: RegistrationRule, body: RegistrationRuleDraft) =>
  call<RegistrationRule>('PUT', `/registration/rules/${rule.id}`, { body, etag: `"${rule.version}"` });
export const removeRule = (id: string) => call<void>('DELETE', `/registration/rules/${id}`);
export const orderRules = (ids: string[]) =>
  call<void>('PUT', '/registration/rules/order', { body: { ids } });

export const registrationDefault = queryOptions({
  queryKey: ['registration', 'default'],
  queryFn: ({ signal }) => callTagged<RegistrationDefault>('/registration/default', signal),
});

export const setRegistrationDefault = (etag: string, body: RegistrationDefault) =>
  call<RegistrationDefault>('PUT', '/registration/default', { body, etag });

export const explain = (body: RegistrationQuestion) =>
  call<RegistrationAnswer>('POST', '/registration/explain', { body });

export const reconcile = queryOptions({
  queryKey: ['registration', 'reconcile'],
  queryFn: ({ signal }) => callTagged<RegistrationReconcile>('/registration/reconcile', signal),
});

export const setReconcile = (etag: string, by: string[]) =>
  call<RegistrationReconcile>('PUT', '/registration/reconcile', { body: { by }, etag });

/** The computers that wait for an administrator. */
export const waiting = queryOptions({
  queryKey: ['registration', 'waiting'],
  queryFn: ({ signal }) => whole<RegistrationReview>('/registration/reviews', { state: 'open' }, signal),
});

export const decide = (id: string, body: RegistrationDecision) =>
  call<void>('POST', `/registration/reviews/${id}/decision`, { body });

export const importComputers = (csv: string, hours: number, dryRun: boolean) =>
  call<ApprovalImport>('POST', '/registration/computers', {
    query: { dryRun, hours },
    text: { type: 'text/csv', content: csv },
  });

export const codes = () => list<ComputerCode>('/registration/codes');

export const makeCode = (device: string, hours: number) =>
  call<NewComputerCode>('POST', `/devices/${device}/registration-code`, { body: { hours } });

export const keys = () => list<ComputerKey>('/computers/keys');

export const closed = queryOptions({
  queryKey: ['computers', 'closed'],
  queryFn: ({ signal }) => callTagged<ComputersClosed>('/computers/closed', signal),
});

export const setClosed = (etag: string, body: ComputersClosed) =>
  call<ComputersClosed>('PUT', '/computers/closed', { body, etag });

export const folders = queryOptions({
  queryKey: ['device-folders'],
  queryFn: ({ signal }) => whole<Folder>('/device-folders', {}, signal),
});

export const addFolder = (path: string, description: string) =>
  call<Folder>('POST', '/device-folders', { body: { path, description } });
export const editFolder = (folder: Folder, path: string, description: string) =>
  call<Folder>('PUT', `/device-folders/${folder.id}`, {
    body: { path, description },
    etag: `"${folder.version}"`,
  });
export const removeFolder = (id: string) => call<void>('DELETE', `/device-folders/${id}`);
/** "" is the topmost. */
export const moveToFolder = (folder: string, devices: string[]) =>
  call<void>('POST', '/device-folders/move', { body: { folder, devices } });
