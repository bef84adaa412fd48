import type { Doors, ServerAddress, ServerOrder, ZoneServer } from '../../api/types';

export type Shown = ServerAddress['shown'];
export type Role = ServerOrder['role'];

export const ROLES: { role: Role; label: string }[] = [
  { role: 'management', label: 'Management' },
  { role: 'registration', label: 'Registration' },
  { role: 'collection', label: 'Collection' },
];

/** Who is told of an address. */
export const TOLD: Record<Shown, string> = {
  everywhere: 'All computers',
  internal: 'Computers inside',
  external: 'Computers outside',
  withheld: 'Nobody (hidden)',
};

/** Whom the rules of a server let in. */
export const OPEN: Record<ZoneServer['roles'][number]['open'], string> = {
  everybody: 'Everybody',
  some: 'Some addresses',
  internal: 'Internal addresses',
  nobody: 'Nobody (closed)',
};

/** Why a computer is not told of an address. */
export const LEFT: Record<string, string> = {
  withheld: 'Hidden from everybody',
  internal: 'Told inside alone',
  external: 'Told outside alone',
  local: 'Leads back to the same machine',
  off: 'Its services are off there',
  gone: 'The server has not been seen for a day',
  place: 'The location has servers of its own alone',
};

/** The addresses of a server as the draft has them: those of which something is said, and those that it knows itself. */
export function addressesOf(
  doors: Doors,
  server: ZoneServer,
): (ServerAddress & { said: boolean; local: boolean })[] {
  const said = doors.servers.find((s) => s.id === server.id)?.addresses ?? [];
  const own = server.advertised.filter((a) => a.own && !said.some((s) => s.url === a.url));
  return [
    ...said.map((a) => ({ ...a, said: true, local: false })),
    ...own.map((a) => ({ url: a.url, shown: usual(a), said: false, local: a.local })),
  ];
}

/** As what an address is told of which nothing is said. Where something was said and is taken back, the server tells when it is saved. */
const usual = (a: ZoneServer['advertised'][number]): Shown => (a.said ? 'everywhere' : a.shown);

/** The doors with other addresses of a server. */
export function withAddresses(doors: Doors, server: string, addresses: ServerAddress[]): Doors {
  const known = doors.servers.some((s) => s.id === server);
  const servers = known
    ? doors.servers.map((s) => (s.id === server ? { ...s, addresses } : s))
    : [...doors.servers, { id: server, placement: 'internal' as const, place: { services: [] }, addresses }];
  return { ...doors, servers };
}

/** The place of a server in the order of a role, from 1; undefined where it is not named. */
export function placeIn(orders: ServerOrder[], role: Role, server: string): number | undefined {
  const at = orders.find((o) => o.role === role)?.groups.findIndex((g) => g.includes(server)) ?? -1;
  return at < 0 ? undefined : at + 1;
}

/** The orders with a server in another place, or in none. */
export function putIn(orders: ServerOrder[], role: Role, server: string, place?: number): ServerOrder[] {
  const old = orders.find((o) => o.role === role)?.groups ?? [];
  const groups = old.map((g) => g.filter((id) => id !== server));
  if (place) {
    while (groups.length < place) groups.push([]);
    groups[place - 1]?.push(server);
  }
  while (groups.length > 0 && groups[groups.length - 1]?.length === 0) groups.pop();
  const others = orders.filter((o) => o.role !== role);
  return groups.length > 0 ? [...others, { role, groups }] : others;
}
