import { deviceAudit } from '../../api/devices';
import { AuditGrid } from '../audit/AuditGrid';

/** What was done to this device, by whom. */
export function AuditTab({ id }: { id: string }) {
  return <AuditGrid query={deviceAudit(id)} empty="Nothing was done to this device yet." />;
}
