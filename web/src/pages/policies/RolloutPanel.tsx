import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { callBackRollout, finishRollout, steerRollout } from '../../api/policies';
import type { Rollout, RolloutPlan } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Panel } from '../../ui/Panel';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { PlanFields } from './PlanFields';

const STALE = ['policies', 'policy-rollouts', 'devices', 'overview'];

const planOf = (r: Rollout): RolloutPlan => ({
  groups: r.groups.map((g) => g.id),
  percent: r.percent,
  step: r.step,
  minutes: r.minutes,
});

/** How far a new version has come, and what can be done about it. */
export function RolloutPanel({ rollout: r }: { rollout: Rollout }) {
  const may = useMay();
  const [changing, setChanging] = useState(false);
  const steer = useAct((paused: boolean) => steerRollout(r.suite.id, { ...planOf(r), paused }), {
    done: (x) => (x.paused ? 'The roll-out is paused.' : 'The roll-out goes on.'),
    stale: STALE,
  });
  const finish = useAct(() => finishRollout(r.suite.id), {
    done: () => `Version ${r.version} is in force for all.`,
    stale: STALE,
  });
  const back = useAct(() => callBackRollout(r.suite.id), {
    done: () => 'All devices have the version before again.',
    stale: STALE,
  });
  const error = steer.error ?? finish.error ?? back.error;
  return (
    <Stack mb="lg">
      <Panel title={`Version ${r.version} is being rolled out`}>
        <Stack gap="sm">
          <Progress value={r.percent} aria-label="Share of the devices" />
          <Text size="sm">
            In force for {r.percent} % of the devices
            {r.groups.length > 0 && ` and for those of ${r.groups.map((g) => g.name).join(', ')}`}, since{' '}
            <When time={r.started} />. {r.paused && 'It is paused.'}
            {r.due && (
              <>
                {r.step} % more <When time={r.due} />.
              </>
            )}
          </Text>
          {error && <Trouble error={error} />}
          {may('policy.edit') && (
            <Group gap="xs">
              <Button size="xs" onClick={() => finish.mutate()} loading={finish.isPending}>
                Finish
              </Button>
              <Button size="xs" variant="default" onClick={() => setChanging(true)}>
                Change
              </Button>
              <Button
                size="xs"
                variant="default"
                onClick={() => steer.mutate(!r.paused)}
                loading={steer.isPending}
              >
                {r.paused ? 'Resume' : 'Pause'}
              </Button>
              <Button size="xs" variant="default" onClick={() => back.mutate()} loading={back.isPending}>
                Call back
              </Button>
            </Group>
          )}
        </Stack>
      </Panel>
      {changing && <Change rollout={r} onClose={() => setChanging(false)} />}
    </Stack>
  );
}

function Change({ rollout: r, onClose }: { rollout: Rollout; onClose: () => void }) {
  const [plan, setPlan] = useState(planOf(r));
  const save = useAct(() => steerRollout(r.suite.id, { ...plan, paused: r.paused }), {
    done: (x) => `The new version is in force for ${x.percent} % of the devices.`,
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Change the roll-out"
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <PlanFields plan={plan} onChange={setPlan} />
    </Dialog>
  );
}
