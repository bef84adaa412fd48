import type { Actor, Ref } from '../api/types';

const KINDS: Record<string, string> = {
  system: 'Drover',
  upstream: 'the mail server',
  device: 'the device',
  user: 'the user',
  token: 'an API token',
  admin: 'an administrator',
};

/** Who did something, in words. */
export function actorName(actor: Actor): string {
  return actor.name || KINDS[actor.kind] || actor.kind;
}

/** Whose something is: computers can be nobody's. */
export function person(user: Ref): string {
  return user.id ? user.name : 'nobody';
}
