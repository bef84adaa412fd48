import type { DoorVisit } from '../../api/types';
import { Table } from '../../ui/Table';
import { count } from '../../ui/time';
import { When } from '../../ui/When';
import { visitor, whyRefused } from './words';

interface VisitTableProps {
  label: string;
  rows: DoorVisit[];
  framed?: boolean;
}

/** Who came from where, and whether they were let in. */
export function VisitTable({ label, rows, framed }: VisitTableProps) {
  return (
    <Table
      framed={framed}
      label={label}
      rows={rows}
      id={(v) => [v.server, v.service, v.address, v.caller?.id, v.refused, v.unproven].join(' ')}
      columns={[
        { key: 'who', label: 'Who', cell: visitor },
        { key: 'address', label: 'From', cell: (v) => v.address || 'many addresses' },
        { key: 'service', label: 'Service', cell: (v) => v.service },
        { key: 'requests', label: 'Requests', align: 'right', cell: (v) => count(v.requests) },
        { key: 'refused', label: 'Refused because', cell: (v) => (v.refused ? whyRefused(v.refused) : '–') },
        { key: 'last', label: 'Last', cell: (v) => <When time={v.last} /> },
      ]}
    />
  );
}
