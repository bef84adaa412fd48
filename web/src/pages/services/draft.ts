import type { DoorFilter, DoorPlace, Doors } from '../../api/types';

export type Category = 'administration' | 'endpoint' | 'tools';

const NOTHING: DoorPlace = { services: [] };

/** What is said of a server, or of all for "". */
export function placeOf(doors: Doors, server: string): DoorPlace {
  if (!server) return doors.zone;
  return doors.servers.find((s) => s.id === server)?.place ?? NOTHING;
}

/** The doors with something else said of a server, or of all for "". */
export function withPlace(doors: Doors, server: string, place: DoorPlace): Doors {
  if (!server) return { ...doors, zone: place };
  const known = doors.servers.some((s) => s.id === server);
  const servers = known
    ? doors.servers.map((s) => (s.id === server ? { ...s, place } : s))
    : [...doors.servers, { id: server, placement: 'internal' as const, place }];
  return { ...doors, servers };
}

type ServiceSettings = DoorPlace['services'][number];

/** A place with something else said of one service. */
export function withService(place: DoorPlace, service: string, change: Partial<ServiceSettings>): DoorPlace {
  const said = place.services.find((s) => s.service === service) ?? { service };
  const others = place.services.filter((s) => s.service !== service);
  return { ...place, services: [...others, { ...said, ...change }] };
}

/** A list of rules to begin with: it changes nothing. */
export const EVERYBODY: DoorFilter = { rules: [], otherwise: 'allow' };
