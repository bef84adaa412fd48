import type { DoorDifference } from '../../api/types';
import { Table } from '../../ui/Table';

/** What differs between two versions of the doors. */
export function Differences({ rows }: { rows: DoorDifference[] }) {
  return (
    <Table
      label="What changed"
      rows={rows}
      id={(d) => d.where}
      columns={[
        { key: 'where', label: 'Where', cell: (d) => d.where.split('.').join(', ') },
        { key: 'before', label: 'Before', prose: true, cell: (d) => d.before || 'Nothing' },
        { key: 'after', label: 'After', prose: true, cell: (d) => d.after || 'Nothing' },
      ]}
    />
  );
}
