import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { admins } from '../../api/admins';
import type { AuditReport } from '../../api/types';
import { audit, verifyAudit } from '../../api/zone';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { PageHead } from '../../ui/PageHead';
import { Trouble } from '../../ui/Trouble';
import { AuditGrid } from './AuditGrid';

/** Faults that are listed; the rest is counted. */
const SHOWN = 20;

/** Actions by the beginning of their names. */
const ACTIONS = [
  { value: 'device.', label: 'Devices' },
  { value: 'command.', label: 'Commands' },
  { value: 'approval.', label: 'Approvals' },
  { value: 'user.', label: 'Users' },
  { value: 'policy.', label: 'Policy suites' },
  { value: 'access.', label: 'Access rules' },
  { value: 'upstream.', label: 'Mail servers' },
  { value: 'admin.', label: 'Administrators' },
  { value: 'session.', label: 'Sign-ins' },
  { value: 'role.', label: 'Roles' },
  { value: 'token.', label: 'API tokens' },
  { value: 'setting.', label: 'Settings and safety rules' },
  { value: 'breaker.', label: 'The breaker' },
  { value: 'audit.', label: 'Looks at sealed values' },
];

const OUTCOMES = [
  { value: 'ok', label: 'Done' },
  { value: 'refused', label: 'Refused' },
  { value: 'failed', label: 'Failed' },
];

/** Everything that was done in the zone, and whether the record of it is whole. */
export default function Audit() {
  const [filters, setFilters] = useFilters();
  const may = useMay();
  const people = useQuery({ ...admins, enabled: may('admin.read') });
  const { action, outcome, actor, since, until } = filters;
  const narrowed = Boolean(action || outcome || actor || since || until);
  const choice = (name: string, label: string, data: { value: string; label: string }[]) => (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={filters[name] ?? null}
      onChange={(value) => setFilters({ [name]: value ?? '' })}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      w={{ base: '100%', xs: 160 }}
    />
  );
  return (
    <>
      <PageHead
        title="Audit"
        lead="Who did what, from where, to what. Records are chained and signed: they cannot be changed unseen."
      >
        <Chain />
      </PageHead>
      <Group gap="xs" mb="md" align="flex-end">
        {choice('action', 'What', ACTIONS)}
        {choice('outcome', 'Outcome', OUTCOMES)}
        {(people.data?.length ?? 0) > 0 &&
          choice(
            'actor',
            'Who',
            (people.data ?? []).map((a) => ({ value: a.id, label: a.name })),
          )}
        <TextInput
          type="date"
          aria-label="From day"
          value={since ?? ''}
          onChange={(e) => setFilters({ since: e.currentTarget.value })}
          w={{ base: '47%', xs: 150 }}
        />
        <TextInput
          type="date"
          aria-label="To day"
          value={until ?? ''}
          onChange={(e) => setFilters({ until: e.currentTarget.value })}
          w={{ base: '47%', xs: 150 }}
        />
        {narrowed && (
          <Button
            variant="subtle"
            onClick={() => setFilters({ action: '', outcome: '', actor: '', since: '', until: '' })}
          >
            Clear
          </Button>
        )}
      </Group>
      <AuditGrid
        query={audit({
          action,
          outcome,
          actor,
          from: since && `${since}T00:00:00Z`,
          until: until && `${until}T23:59:59Z`,
        })}
        empty={narrowed ? 'None matches. Try a longer time or fewer filters.' : 'Nothing was done yet.'}
      />
    </>
  );
}

/** Walks the whole log and says whether it was tampered with. */
function Chain() {
  const may = useMay();
  const verify = useAct(verifyAudit, { stale: [] });
  if (!may('audit.verify')) return null;
  return (
    <>
      <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify the log
      </Button>
      <Modal
        opened={verify.isSuccess || verify.isError}
        onClose={verify.reset}
        title="The audit log"
        size="lg"
      >
        {verify.isError && <Trouble error={verify.error} />}
        {verify.data && <Report report={verify.data} />}
      </Modal>
    </>
  );
}

function Report({ report }: { report: AuditReport }) {
  return (
    <Stack gap="md">
      <Callout tone={report.sound ? 'ok' : 'bad'} title={report.sound ? 'Intact' : 'Not intact'}>
        {report.sentence}
      </Callout>
      {report.faults.slice(0, SHOWN).map((fault) => (
        <Text key={`${fault.number}${fault.record}`} size="sm">
          Record {fault.number || fault.record}: {fault.words}
        </Text>
      ))}
      {report.faults.length > SHOWN && <Text size="sm">And {report.faults.length - SHOWN} more.</Text>}
      <Text size="sm" c="dimmed">
        {report.heads} signed heads were compared, in the database and outside of it.
      </Text>
    </Stack>
  );
}
