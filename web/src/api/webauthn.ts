/** Passkeys: the browser's own JSON forms (WebAuthn Level 3, sections 5.1.8 to 5.1.10). */

import { ApiError } from './client';

function refused(cause: unknown): ApiError {
  const aborted = cause instanceof DOMException && cause.name === 'NotAllowedError';
  return new ApiError(0, {
    code: 'passkey',
    detail: aborted
      ? 'The passkey was not used: the prompt was closed or timed out. Try again, or use a one-time code.'
      : 'This browser could not use the passkey. Try again, or use a one-time code.',
  });
}

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
}

export async function askPasskey(options: PublicKeyCredentialRequestOptionsJSON): Promise<unknown> {
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return credential.toJSON();
  } catch (cause) {
    throw refused(cause);
  }
}

export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
    return credential.toJSON();
  } catch (cause) {
    throw refused(cause);
  }
}
