/** What devices are held to: rules, breaches, exemptions, and what each rule says of one device; and the mails to owners. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { list, whole } from './list';
import type {
  Breach,
  ComplianceNotices,
  ComplianceNoticesHelp,
  ComplianceRule,
  ComplianceRuleDraft,
  ComplianceTrial,
  Condition,
  Finding,
  Waiver,
} from './types';

export const conditions = queryOptions({
  queryKey: ['compliance', 'conditions'],
  queryFn: ({ signal }) => whole<Condition>('/compliance/conditions', {}, signal),
  staleTime: Infinity,
});

export const complianceRules = queryOptions({
  queryKey: ['compliance', 'rules'],
  queryFn: ({ signal }) => whole<ComplianceRule>('/compliance/rules', {}, signal),
});

export const addComplianceRule = (body: ComplianceRuleDraft) =>
  call<ComplianceRule>('POST', '/compliance/rules', { body });
export const editComplianceRule = (rule: ComplianceRule, body: ComplianceRuleDraft) =>
  call<ComplianceRule>('PUT', `/compliance/rules/${rule.id}`, { body, etag: `"${rule.version}"` });
export const removeComplianceRule = (id: string) => call<void>('DELETE', `/compliance/rules/${id}`);
export const tryComplianceRule = (body: ComplianceRuleDraft) =>
  call<ComplianceTrial>('POST', '/compliance/try', { body });

export const breaches = (rule: string) => list<Breach>('/compliance/breaches', { rule });

export const findings = (device: string) =>
  queryOptions({
    queryKey: ['compliance', 'findings', device],
    queryFn: ({ signal }) => whole<Finding>(`/devices/${device}/compliance`, {}, signal),
  });

export const waivers = (device?: string) =>
  queryOptions({
    queryKey: ['compliance', 'waivers', device ?? ''],
    queryFn: ({ signal }) => whole<Waiver>('/compliance/waivers', { device }, signal),
  });

export const addWaiver = (body: { device: string; rule?: string; reason: string; until: string }) =>
  call<Waiver>('POST', '/compliance/waivers', { body });
export const endWaiver = (id: string) => call<void>('DELETE', `/compliance/waivers/${id}`);

export const notices = queryOptions({
  queryKey: ['compliance', 'notices'],
  queryFn: ({ signal }) => callTagged<ComplianceNotices>('/compliance/notices', signal),
});

export const noticesHelp = queryOptions({
  queryKey: ['compliance', 'notices-help'],
  queryFn: ({ signal }) => call<ComplianceNoticesHelp>('GET', '/compliance/notices/help', { signal }),
  staleTime: Infinity,
});

export const setNotices = (etag: string, body: ComplianceNotices) =>
  call<ComplianceNotices>('PUT', '/compliance/notices', { body, etag });

/** What an owner would read, with samples; nothing is sent. */
export const noticesPreview = (body: ComplianceNotices) =>
  queryOptions({
    queryKey: ['compliance', 'notices-preview', body],
    queryFn: ({ signal }) => call<ComplianceNotices>('POST', '/compliance/notices/preview', { body, signal }),
    retry: false,
    staleTime: Infinity,
  });
