import { Link } from '@tanstack/react-router';
import type { Device } from '../../api/types';
import type { GridColumn } from '../../ui/Grid';
import { Status } from '../../ui/Status';
import { When } from '../../ui/When';
import { isComputer } from '../../ui/platforms';
import { person } from '../../ui/actor';

/** Every column the grid can show. The first is always there: it is the link to the device. */
export const COLUMNS: GridColumn<Device>[] = [
  {
    key: 'name',
    label: 'Device',
    track: 'minmax(190px, 1.4fr)',
    sort: 'name',
    phone: 'lead',
    cell: (d) => (
      <Link to="/devices/$id" params={{ id: d.id }}>
        {d.name || d.model || d.deviceId}
      </Link>
    ),
  },
  {
    key: 'user',
    label: 'User',
    track: 'minmax(150px, 1.2fr)',
    sort: 'owner',
    phone: 'second',
    cell: (d) => person(d.user),
  },
  {
    key: 'platform',
    label: 'Platform',
    track: 'minmax(170px, 1.1fr)',
    cell: (d) => d.platformLabel,
    sort: 'platform',
  },
  {
    key: 'access',
    label: 'Mail',
    track: '140px',
    phone: 'mark',
    cell: (d) => (isComputer(d.platform) ? '—' : <Status state={d.access} />),
  },
  {
    key: 'state',
    label: 'State',
    track: '120px',
    cell: (d) => <Status state={d.state === 'retired' ? d.state : (d.mark ?? d.state)} plain={!d.mark} />,
    sort: 'state',
  },
  {
    key: 'policyState',
    label: 'Policy',
    track: '150px',
    cell: (d) => <Status state={d.policyState} plain />,
  },
  {
    key: 'lastContact',
    label: 'Last contact',
    track: '140px',
    sort: 'contact',
    cell: (d) => <When time={d.lastContact} />,
  },
  { key: 'model', label: 'Model', track: 'minmax(130px, 1fr)', cell: (d) => d.model },
  { key: 'os', label: 'System', track: '130px', cell: (d) => d.os },
  { key: 'liability', label: 'Owner', track: '110px', cell: (d) => owner(d.liability) },
  {
    key: 'enrolled',
    label: 'Enrolled',
    track: '130px',
    cell: (d) => <When time={d.enrolled} />,
    sort: 'enrolled',
  },
  { key: 'protocol', label: 'Protocol', track: '100px', cell: (d) => d.protocol },
  { key: 'upstream', label: 'Mail server', track: '150px', cell: (d) => d.upstream.name },
  { key: 'deviceId', label: 'Device ID', track: '240px', cell: (d) => d.deviceId },
];

export const DEFAULT_COLUMNS = ['name', 'user', 'platform', 'access', 'policyState', 'lastContact', 'os'];

export function owner(liability: string): string {
  return liability === 'personal' ? 'Personal' : 'Corporate';
}

/** The chosen columns in their own order, with the first always among them. */
export function chooseColumns(shown: string[]): GridColumn<Device>[] {
  return COLUMNS.filter((c, i) => i === 0 || shown.includes(c.key));
}
