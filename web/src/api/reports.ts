/** Questions about devices that are saved, answered as tables, and sent by a schedule. */

import { queryOptions } from '@tanstack/react-query';
import { address, call, callTagged } from './client';
import { whole } from './list';
import type { Report, ReportColumn, ReportDraft, ReportPreview } from './types';

export const reports = queryOptions({
  queryKey: ['reports'],
  queryFn: ({ signal }) => whole<Report>('/reports', {}, signal),
});

/** One report with the version that a change is based on. */
export const report = (id: string) =>
  queryOptions({
    queryKey: ['reports', id],
    queryFn: ({ signal }) => callTagged<Report>(`/reports/${id}`, signal),
    gcTime: 0,
  });

export const reportColumns = queryOptions({
  queryKey: ['report-columns'],
  queryFn: ({ signal }) => whole<ReportColumn>('/report-columns', {}, signal),
  staleTime: Infinity,
});

export const makeReport = (body: ReportDraft) => call<Report>('POST', '/reports', { body });
export const editReport = (id: string, etag: string, body: ReportDraft) =>
  call<Report>('PUT', `/reports/${id}`, { body, etag });
export const removeReport = (id: string) => call<void>('DELETE', `/reports/${id}`);
export const previewReport = (body: ReportDraft) => call<ReportPreview>('POST', '/reports/preview', { body });

/** Where the answer of a report is fetched. */
export const answerAddress = (id: string, format: 'csv' | 'json') =>
  address(`/reports/${id}/answer.${format}`);
