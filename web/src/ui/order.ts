/** The list with one entry moved by some places; the same list when there is no such place. */
export function moved<T extends { id: string }>(list: T[], id: string, by: number): T[] {
  const from = list.findIndex((entry) => entry.id === id);
  const to = from + by;
  const entry = list[from];
  if (!entry || to < 0 || to >= list.length) return list;
  const next = list.filter((other) => other.id !== id);
  next.splice(to, 0, entry);
  return next;
}
