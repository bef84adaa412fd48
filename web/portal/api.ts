/** The one door to the portal's API: JSON in and out, problems as ApiError, a time limit on every call. */
import { ApiError } from '../src/api/client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Ways = Schemas['Ways'];
export type Farewell = Schemas['Farewell'];
export type Device = Schemas['Device'];
export type DeviceDetail = Schemas['DeviceDetail'];
export type Effect = Schemas['Effect'];
export type Finding = Schemas['Finding'];
export type Employer = Schemas['Employer'];
export type Demand = Schemas['Demand'];
export type Collected = Schemas['Collected'];
export type Command = Schemas['Command'];
export type Enrolment = Schemas['Enrolment'];
export type NewInvitation = Schemas['NewInvitation'];
export type Stock = Schemas['Stock'];
export type Entry = Schemas['Entry'];
export type Look = Schemas['Look'];
export type Session = Schemas['Session'];
export type Unenrolled = Schemas['Unenrolled'];

export const BASE = '/portal/api/v1';
const TIMEOUT_MS = 30_000;
const ARCHIVE_MS = 600_000;

/** After so long without a touch, what a page asks is no use of the session: it ends even where a page is left open. */
const UNATTENDED_MS = 60_000;

let touched = Date.now();
for (const kind of ['pointerdown', 'keydown']) {
  addEventListener(kind, () => (touched = Date.now()), { capture: true, passive: true });
}

function headers(body: unknown): HeadersInit {
  const out: Record<string, string> = {};
  if (body !== undefined) out['Content-Type'] = 'application/json';
  if (Date.now() - touched > UNATTENDED_MS) out['Drover-Unattended'] = 'yes';
  return out;
}

async function send(method: string, path: string, body?: unknown, limit = TIMEOUT_MS): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers: headers(body),
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
