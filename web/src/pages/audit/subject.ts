import type { AuditRecord } from '../../api/types';
import { shortId } from '../../ui/shortId';
import { humanize } from '../../ui/states';

/** What a record is of, in words. An order's name is its kind, which it shares with others. */
export function subjectName({ kind, name, id }: AuditRecord['subject']): string {
  if (kind === 'command') return `${humanize(`${kind} ${name}`)} ${shortId(id)}`;
  return `${humanize(kind)} ${name || shortId(id)}`;
}
