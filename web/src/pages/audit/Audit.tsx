import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { audit, auditState, verifyAudit } from '../../api/zone';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { PageHead } from '../../ui/PageHead';
import { SearchField } from '../../ui/SearchField';
import { ToneMark } from '../../ui/Status';
import { When } from '../../ui/When';
import { AuditGrid } from './AuditGrid';

const SUBJECTS = [
  'device',
  'command',
  'user',
  'group',
  'policy',
  'access',
  'upstream',
  'admin',
  'role',
  'token',
  'zone',
];

/** Everything that was done in the zone, and whether the record of it is whole. */
export default function Audit() {
  const [filters, setFilters] = useFilters();
  const { q, subject, since, until } = filters;
  const narrowed = Boolean(q || subject || since || until);
  return (
    <>
      <PageHead
        title="Audit"
        lead="Who did what, from where, to what. Records are chained and signed: they cannot be changed unseen."
      >
        <Chain />
      </PageHead>
      <Group gap="xs" mb="md" align="flex-end">
        <SearchField
          label="Search the audit log"
          placeholder="Action or administrator…"
          value={q ?? ''}
          onChange={(text) => setFilters({ q: text })}
        />
        <Select
          aria-label="On what"
          placeholder="On what"
          data={SUBJECTS.map((s) => ({ value: s, label: s.charAt(0).toUpperCase() + s.slice(1) }))}
          value={subject ?? null}
          onChange={(value) => setFilters({ subject: value ?? '' })}
          clearable
          clearButtonProps={{ 'aria-label': 'Clear on what' }}
          w={{ base: '100%', xs: 150 }}
        />
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
          <Button variant="subtle" onClick={() => setFilters({ q: '', subject: '', since: '', until: '' })}>
            Clear
          </Button>
        )}
      </Group>
      <AuditGrid
        query={audit({
          q,
          subject,
          since: since && `${since}T00:00:00Z`,
          until: until && `${until}T23:59:59Z`,
        })}
        empty={narrowed ? 'None matches. Try a longer time or fewer filters.' : 'Nothing was done yet.'}
      />
    </>
  );
}

function Chain() {
  const may = useMay();
  const state = useQuery(auditState);
  const verify = useAct(verifyAudit, { done: (result) => result.sentence, stale: ['audit'] });
  if (!state.data) return null;
  return (
    <Group gap="sm">
      <div>
        <ToneMark tone={state.data.sound ? 'ok' : 'bad'}>
          {state.data.sound ? 'Intact' : 'Not intact'}
        </ToneMark>
        <Text size="xs" c="dimmed" mt={2}>
          Verified <When time={state.data.checked} never="not yet" />
        </Text>
      </div>
      {may('audit.verify') && (
        <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
          Verify now
        </Button>
      )}
    </Group>
  );
}
