import type { DoorRule, DoorVisit, Service } from '../../api/types';
import { actorName } from '../../ui/actor';
import { onDay } from '../../ui/time';

const LOST: Record<string, string> = {
  activesync:
    'No phone gets mail through Drover any more, and no wipe or policy reaches one. Requests that phones hold open end at once.',
  autodiscover:
    'Phones no longer find the server by their mail address alone; those that are set up go on. New ones need the address typed in.',
  dashboard:
    'These pages are gone for every administrator, you among them. The API and the command line stay: “drover services on dashboard” brings them back.',
};

/** What no longer works without the service. */
export function withoutIt(service: Pick<Service, 'name' | 'callers'>, where: string): string {
  return LOST[service.name] ?? `It answers ${service.callers} no more, at once and ${where}.`;
}

export const LEVELS: Record<Service['level'], string> = {
  open: 'no proof is asked for',
  observe: 'who comes by a token alone is let in and listed',
  strict: 'nobody without it',
};

const REFUSED: Record<string, string> = {
  off: 'the service was off',
  address: 'the address is not let in',
  proof: 'no proof',
  rate: 'too many requests',
  'too-large': 'too large',
  time: 'took too long',
  unauthenticated: 'no right proof',
  service: 'the service refused',
  forbidden: 'may not do this',
};

/** Why a visit was refused, in words. */
export const whyRefused = (reason: string) => REFUSED[reason] ?? reason.replace(/-/g, ' ');

const FROM: Record<string, string> = {
  internal: 'all internal addresses',
  servers: 'all servers of the zone',
};

/** Whom a rule is about. */
export const fromWords = (from: string) => FROM[from] ?? from;

/** What a rule says, in one line. */
export function ruleWords(rule: DoorRule): string {
  const until = rule.until ? `, until ${onDay(rule.until)}` : '';
  return `${rule.verdict === 'allow' ? 'Let in' : 'Keep out'} ${fromWords(rule.from)}${until}`;
}

/** Who came. */
export function visitor(visit: DoorVisit): string {
  const who = visit.caller ? actorName(visit.caller) : 'A stranger';
  return visit.unproven ? `${who}, without proof` : who;
}

/** One setting of a server in words, without the server: "portal: off". */
export function settingWords(where: string, after: string): string {
  const what = where
    .replace(/^servers\.[^.]+\.(services\.)?/, '')
    .replace(/\.(on|filter|rules\.\d+|otherwise)/g, '');
  return `${what}: ${after || 'nothing'}`;
}
