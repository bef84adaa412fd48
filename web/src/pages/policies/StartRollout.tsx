import { Text } from '@mantine/core';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { startRollout } from '../../api/policies';
import type { RolloutPlan, SuiteDetail, Values } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { PlanFields } from './PlanFields';
import type { Side } from './ValueField';

interface StartRolloutProps {
  suite: Tagged<SuiteDetail>;
  values: Record<Side, Values>;
  note: string;
  onClose: () => void;
}

/** The changes become a new version, in force for some devices first. */
export function StartRollout({ suite, values, note, onClose }: StartRolloutProps) {
  const [plan, setPlan] = useState<RolloutPlan>({ groups: [], percent: 5, step: 0, minutes: 1440 });
  const start = useAct(() => startRollout(suite.id, suite.etag, { ...plan, note, ...values }), {
    done: (r) => `Version ${r.version} is in force for the first devices.`,
    stale: ['policies', 'policy-rollouts', 'devices', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={`Roll out ${suite.name}`}
      submit="Start"
      onClose={onClose}
      onSubmit={() => start.mutate()}
      busy={start.isPending}
      error={start.error}
    >
      <Text size="sm">
        Which devices come first depends on device and version alone: who has the new version keeps it while
        the share rises. Until it is finished, version {suite.version} holds for all others.
      </Text>
      <PlanFields plan={plan} onChange={setPlan} />
    </Dialog>
  );
}
