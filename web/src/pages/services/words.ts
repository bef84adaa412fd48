import type { Service } from '../../api/types';

const LOST: Record<string, string> = {
  activesync:
    'No phone gets mail through Drover any more, and no wipe or policy reaches one. Requests that phones hold open end at once.',
  autodiscover:
    'Phones no longer find the server by their mail address alone; those that are set up go on. New ones need the address typed in.',
  dashboard:
    'These pages are gone for every administrator, you among them. The API and the command line stay: “drover services on dashboard” brings them back.',
};

/** What no longer works without the service. */
export function withoutIt(service: Pick<Service, 'name' | 'callers'>): string {
  return (
    LOST[service.name] ?? `It answers ${service.callers} no more, at once and on every server of the zone.`
  );
}
