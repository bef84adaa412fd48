import { useQuery } from '@tanstack/react-query';
import { servers } from '../../api/doors';
import type { DoorDifference } from '../../api/types';
import { Table } from '../../ui/Table';

/** What differs between two versions of the doors. */
export function Differences({ rows }: { rows: DoorDifference[] }) {
  const names = new Map((useQuery(servers).data ?? []).map((s) => [s.id, s.name]));
  const words = (where: string) =>
    where
      .split('.')
      .filter((w) => w !== 'servers' && w !== 'services')
      .map((w) => names.get(w) ?? w.replace(/_/g, ' '))
      .join(', ');
  return (
    <Table
      label="What changed"
      rows={rows}
      id={(d) => d.where}
      columns={[
        { key: 'where', label: 'Where', cell: (d) => words(d.where) },
        { key: 'before', label: 'Before', prose: true, cell: (d) => d.before || 'Nothing' },
        { key: 'after', label: 'After', prose: true, cell: (d) => d.after || 'Nothing' },
      ]}
    />
  );
}
