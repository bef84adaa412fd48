export const UTC = 'UTC';

/** The time zone of whoever looks at the page, as the server calls it: UTC is ''. */
export function ownZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === UTC ? '' : zone;
}
