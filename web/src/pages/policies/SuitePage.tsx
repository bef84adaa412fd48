import { Anchor, Button, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { catalogue, removeSuite, rollouts, suite } from '../../api/policies';
import type { SettingSpec, SuiteDetail } from '../../api/types';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { TabList } from '../../ui/TabList';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { Editor } from './Editor';
import { Preview } from './Preview';
import { RolloutPanel } from './RolloutPanel';
import { Versions } from './Versions';

/** One suite: its values, its versions, and what it does on each platform. */
export default function SuitePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const found = useQuery(suite(id));
  const specs = useQuery(catalogue);
  return (
    <Loaded of={found}>{(s) => <Loaded of={specs}>{(all) => <Page suite={s} specs={all} />}</Loaded>}</Loaded>
  );
}

function Page({ suite: s, specs }: { suite: Tagged<SuiteDetail>; specs: SettingSpec[] }) {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  const [removing, setRemoving] = useState(false);
  const tab = filters.tab ?? 'settings';
  const rolling = useQuery(rollouts).data?.find((r) => r.suite.id === s.id);
  return (
    <>
      <Text size="sm" mb={4}>
        <Anchor component={Link} to="/policies" size="sm">
          Policy suites
        </Anchor>
      </Text>
      <PageHead
        title={s.name}
        lead={
          <>
            {s.description && <>{s.description} · </>}Version {s.version}, changed <When time={s.updated} />,{' '}
            {plural(s.assigned, 'assignment')}
          </>
        }
      >
        {may('policy.edit') && (
          <Button variant="default" onClick={() => setRemoving(true)}>
            Retire
          </Button>
        )}
      </PageHead>
      {rolling && <RolloutPanel rollout={rolling} />}
      <Tabs value={tab} onChange={(next) => setFilters({ tab: next === 'settings' ? '' : (next ?? '') })}>
        <TabList shown={tab}>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="preview">Preview</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
        </TabList>
        <Tabs.Panel value="settings">
          <Editor
            key={`${s.version} ${rolling?.version}`}
            suite={s}
            specs={specs}
            rolling={rolling !== undefined}
          />
        </Tabs.Panel>
        <Tabs.Panel value="preview">{tab === 'preview' && <Preview id={s.id} />}</Tabs.Panel>
        <Tabs.Panel value="versions">{tab === 'versions' && <Versions suite={s} />}</Tabs.Panel>
      </Tabs>
      {removing && <Retire suite={s} onClose={() => setRemoving(false)} />}
    </>
  );
}

function Retire({ suite: s, onClose }: { suite: SuiteDetail; onClose: () => void }) {
  const navigate = useNavigate();
  const remove = useAct(() => removeSuite(s.id), {
    done: () => `${s.name} is retired.`,
    stale: ['policies', 'policy-assignments'],
    after: () => void navigate({ to: '/policies' }),
  });
  return (
    <Dialog
      opened
      danger
      title={`Retire ${s.name}?`}
      submit="Retire"
      onClose={onClose}
      onSubmit={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
    >
      <Text size="sm">
        {s.assigned > 0
          ? `It is in force for ${plural(s.assigned, 'assignment')}. Assign another suite to them first.`
          : 'It can still be looked at, but not assigned or changed any more.'}
      </Text>
    </Dialog>
  );
}
