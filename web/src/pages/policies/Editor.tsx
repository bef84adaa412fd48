import { Affix, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ApiError, type Tagged } from '../../api/client';
import { saveSuite } from '../../api/policies';
import type { SettingSpec, SettingValue, SuiteDetail, Values } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Panel } from '../../ui/Panel';
import { humanize } from '../../ui/states';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { sameValue } from './value';
import { ValueField } from './ValueField';
import classes from './policies.module.css';

const CATEGORIES: Record<string, string> = {
  password: 'Password',
  lock: 'Lock',
  encryption: 'Encryption',
  device: 'What the device may do',
  apps: 'Applications',
  sync: 'Mail and synchronisation',
  smime: 'Signed and encrypted mail',
  gateway: 'Kept by Drover',
};

type Side = 'corporate' | 'personal';

function changed(before: Values, after: Values): number {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !sameValue(before[key], after[key])).length;
}

/** The values of a suite, in two columns. Nothing holds until it is saved as a new version. */
export function Editor({ suite, specs }: { suite: Tagged<SuiteDetail>; specs: SettingSpec[] }) {
  const may = useMay();
  const [corporate, setCorporate] = useState(suite.corporate);
  const [personal, setPersonal] = useState(suite.personal);
  const [note, setNote] = useState('');
  const changes = changed(suite.corporate, corporate) + changed(suite.personal, personal);
  const save = useAct(
    () =>
      saveSuite(suite.id, suite.etag, {
        name: suite.name,
        description: suite.description,
        note: note.trim(),
        corporate,
        personal,
      }),
    {
      done: (saved) => `Version ${saved.version} is in force. Devices are told at once.`,
      stale: ['policies', 'devices', 'overview'],
    },
  );
  const faults = save.error instanceof ApiError ? save.error.fields : {};
  const undo = () => {
    setCorporate(suite.corporate);
    setPersonal(suite.personal);
    save.reset();
  };
  const set = (side: Side, key: string, value: SettingValue | undefined) => {
    const change = (before: Values) => {
      const next = { ...before };
      if (value === undefined) delete next[key];
      else next[key] = value;
      return next;
    };
    if (side === 'corporate') setCorporate(change);
    else setPersonal(change);
  };
  const values = { corporate, personal };
  const categories = [...new Set(specs.map((s) => s.category))];
  return (
    <Stack gap="lg" pb={changes > 0 ? 90 : 0}>
      {categories.map((category) => (
        <Panel key={category} title={CATEGORIES[category] ?? humanize(category)}>
          <div className={classes.head} aria-hidden>
            <span />
            <span>Corporate devices</span>
            <span>Personal devices</span>
          </div>
          {specs
            .filter((s) => s.category === category)
            .map((spec) => (
              <div key={spec.key} className={classes.line} role="group" aria-label={spec.title}>
                <div>
                  <Text size="sm" fw={500}>
                    {spec.title}
                  </Text>
                  <Text size="xs" c="dimmed" maw={480}>
                    {spec.help}
                  </Text>
                </div>
                {(['corporate', 'personal'] as const).map((side) => (
                  <ValueField
                    key={side}
                    spec={spec}
                    side={side}
                    value={values[side][spec.key]}
                    changed={!sameValue(suite[side][spec.key], values[side][spec.key])}
                    idle={spec.needs !== '' && values[side][spec.needs] !== true}
                    fault={faults[`${side}.${spec.key}`]}
                    readOnly={!may('policy.edit')}
                    onChange={(value) => set(side, spec.key, value)}
                  />
                ))}
              </div>
            ))}
        </Panel>
      ))}
      {changes > 0 && (
        <Affix position={{ bottom: 16, left: 0, right: 0 }} className={classes.affix}>
          <Paper shadow="lg" withBorder p="sm" pl="md" role="region" aria-label="Changes not saved yet">
            {save.isError && <Trouble error={save.error} />}
            <Group gap="sm">
              <Text size="sm" fw={500}>
                {plural(changes, 'change')} not saved
              </Text>
              <TextInput
                aria-label="Note for the version (optional)"
                placeholder="Why? (optional)"
                value={note}
                onChange={(e) => setNote(e.currentTarget.value)}
                style={{ flex: '1 1 160px' }}
              />
              <Button variant="default" onClick={undo}>
                Undo
              </Button>
              <Button onClick={() => save.mutate()} loading={save.isPending}>
                Save as version {suite.version + 1}
              </Button>
            </Group>
          </Paper>
        </Affix>
      )}
    </Stack>
  );
}
