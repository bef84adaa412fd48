/** The one door to the portal's API: JSON in and out, problems as ApiError, a time limit on every call. */
import { ApiError } from '../src/api/client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Ways = Schemas['Ways'];
export type Device = Schemas['Device'];
export type DeviceDetail = Schemas['DeviceDetail'];
export type Effect = Schemas['Effect'];
export type Finding = Schemas['Finding'];
export type Employer = Schemas['Employer'];
export type Collected = Schemas['Collected'];
export type Command = Schemas['Command'];
export type Enrolment = Schemas['Enrolment'];
export type NewInvitation = Schemas['NewInvitation'];
export type Stock = Schemas['Stock'];
export type Entry = Schemas['Entry'];
export type Look = Schemas['Look'];
export type Session = Schemas['Session'];
export type Unenrolled = Schemas['Unenrolled'];

const BASE = '/portal/api/v1';
const TIMEOUT_MS = 30_000;
const ARCHIVE_MS = 600_000;

async function send(method: string, path: string, body?: unknown, limit = TIMEOUT_MS): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(limit),
      credentials: 'same-origin',
    });
  } catch {
    throw new ApiError(0, { code: 'network', detail: 'The server did not answer.' });
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as ConstructorParameters<typeof ApiError>[1];
  throw new ApiError(response.status, problem);
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const text = await (await send(method, path, body)).text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string) => call<T>('GET', path);

/** Fetches the archive of one's data and hands it to the browser as a file. */
export async function download(): Promise<void> {
  const archive = await (await send('POST', '/export', undefined, ARCHIVE_MS)).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(archive);
  link.download = 'my-data.zip';
  link.click();
  URL.revokeObjectURL(link.href);
}
