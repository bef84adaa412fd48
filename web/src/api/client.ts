/** The one door to the admin API: JSON in and out, RFC 9457 problems as ApiError, a time limit on every call. */

const BASE = '/api/v1';
const TIMEOUT_MS = 30_000;

/** A list is sent as one parameter for each of its values. */
export type Query = Record<string, string | number | boolean | string[] | undefined>;

interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  errors?: { location?: string; message?: string }[];
}

/** What went wrong, in a sentence that can be shown, with the fields it concerns. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Record<string, string>;

  constructor(status: number, problem: Problem) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? '';
    this.fields = {};
    for (const e of problem.errors ?? []) {
      const field = (e.location ?? '').replace(/^body\./, '');
      if (field && e.message) this.fields[field] = e.message;
    }
  }
}

export interface CallOptions {
  query?: Query;
  body?: unknown;
  /** Sent as it is, with its own type, instead of JSON. */
  text?: { type: string; content: string };
  etag?: string;
  /** Sent as the Idempotency-Key, so that a repeated order stays one order. */
  key?: string;
  signal?: AbortSignal;
}

export type Tagged<T> = T & { etag: string };

export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') params.append(name, String(one));
    }
  }
  const tail = params.toString();
  return BASE + path + (tail ? `?${tail}` : '');
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  let body: string | undefined;
  if (options.text) {
    headers['Content-Type'] = options.text.type;
    body = options.text.content;
  } else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  if (options.etag) headers['If-Match'] = options.etag;
  if (method === 'POST') headers['Idempotency-Key'] = options.key ?? crypto.randomUUID();
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  try {
    return await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal,
      credentials: 'same-origin',
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, {
      code: 'network',
      detail: 'The server did not answer. Check that it runs and that you can reach it, then try again.',
    });
  }
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  const body = await read(response);
  if (!response.ok) throw new ApiError(response.status, (body ?? {}) as Problem);
  return body as T;
}

/** Reads something that will be edited: the answer carries the version it was read at. */
export async function callTagged<T extends object>(path: string, signal?: AbortSignal): Promise<Tagged<T>> {
  const response = await send('GET', path, { signal });
  const body = await read(response);
  if (!response.ok) throw new ApiError(response.status, (body ?? {}) as Problem);
  return { ...(body as T), etag: response.headers.get('ETag') ?? '' };
}

/** Fetches what may be large and is not shown here, such as an archive. */
export async function fetchFile(path: string, body: unknown): Promise<Blob> {
  const response = await send('POST', path, { body });
  if (!response.ok) throw new ApiError(response.status, ((await read(response)) ?? {}) as Problem);
  return response.blob();
}

/** Any thrown value as a sentence. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Try again.';
}
