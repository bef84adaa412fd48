import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { ApiError } from '../../api/client';
import type { SettingSpec, SettingValue, SuiteDetail, Values } from '../../api/types';
import { useMay } from '../../app/me';
import { Panel } from '../../ui/Panel';
import { SearchField } from '../../ui/SearchField';
import { Changes } from './Changes';
import { plain, sameValue } from './value';
import { ValueField, type Side } from './ValueField';
import classes from './policies.module.css';

const SIDES: Side[] = ['corporate', 'personal'];

type Shown = 'all' | 'set' | 'changed';

interface Category {
  id: string;
  title: string;
  specs: SettingSpec[];
}

function categoriesOf(specs: SettingSpec[]): Category[] {
  const found = new Map<string, Category>();
  for (const s of specs) {
    const c = found.get(s.category) ?? { id: s.category, title: s.group, specs: [] };
    c.specs.push(s);
    found.set(s.category, c);
  }
  return [...found.values()];
}

/** The values of a suite, in two columns. Nothing holds until it is saved as a new version. */
export function Editor({
  suite,
  specs,
  rolling,
}: {
  suite: Tagged<SuiteDetail>;
  specs: SettingSpec[];
  rolling: boolean;
}) {
  const may = useMay();
  const [values, setValues] = useState<Record<Side, Values>>({
    corporate: suite.corporate,
    personal: suite.personal,
  });
  const [chosen, setChosen] = useState('');
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState<Shown>('all');
  const [error, setError] = useState<Error | null>(null);
  const faults = error instanceof ApiError ? error.fields : {};

  const set = (side: Side, key: string, value: SettingValue | undefined) => {
    setError(null);
    setValues((before) => {
      const next = { ...before[side] };
      if (value === undefined) delete next[key];
      else next[key] = value;
      return { ...before, [side]: next };
    });
  };
  const isSet = (key: string) => SIDES.some((side) => values[side][key] !== undefined);
  const isChanged = (key: string) => SIDES.some((side) => !sameValue(suite[side][key], values[side][key]));
  const hasFault = (key: string) => SIDES.some((side) => faults[`${side}.${key}`]);
  const words = search.trim().toLowerCase();
  const fits = (s: SettingSpec) =>
    (shown === 'all' || hasFault(s.key) || (shown === 'set' ? isSet(s.key) : isChanged(s.key))) &&
    `${s.title} ${s.help} ${s.key} ${s.group}`.toLowerCase().includes(words);

  const categories = categoriesOf(specs);
  const everywhere = words !== '' || shown !== 'all' || Object.keys(faults).length > 0;
  const open = chosen || categories[0]?.id;
  const visible = categories
    .filter((c) => everywhere || c.id === open)
    .map((c) => ({ ...c, specs: c.specs.filter(fits) }))
    .filter((c) => c.specs.length > 0);
  const changes = specs.reduce(
    (n, s) => n + SIDES.filter((side) => !sameValue(suite[side][s.key], values[side][s.key])).length,
    0,
  );

  return (
    <div className={classes.editor} data-room={changes > 0 || undefined}>
      <nav className={classes.rail} aria-label="Categories">
        {categories.map((c) => {
          const count = c.specs.filter((s) => isSet(s.key)).length;
          return (
            <button
              key={c.id}
              type="button"
              className={classes.category}
              aria-current={!everywhere && c.id === open ? 'true' : undefined}
              onClick={() => {
                setChosen(c.id);
                setSearch('');
                setShown('all');
              }}
            >
              <span>{c.title}</span>
              {count > 0 && <span className={classes.count}>{count} set</span>}
            </button>
          );
        })}
      </nav>
      <Stack gap="md" miw={0}>
        <Group gap="sm">
          <SearchField
            label="Search settings"
            placeholder={`Search ${specs.length} settings`}
            value={search}
            onChange={setSearch}
          />
          <SegmentedControl
            aria-label="Which settings"
            value={shown}
            onChange={(next) => setShown(next as Shown)}
            data={[
              { value: 'all', label: 'All' },
              { value: 'set', label: 'Set here' },
              { value: 'changed', label: 'Changed' },
            ]}
          />
        </Group>
        {visible.length === 0 && (
          <Panel>
            <Text size="sm">
              No setting fits. What this suite leaves empty, the next suite of a device decides.
            </Text>
          </Panel>
        )}
        {visible.map((c) => (
          <Panel key={c.id} title={c.title}>
            <div className={classes.head} aria-hidden>
              <span />
              <span>Corporate devices</span>
              <span>Personal devices</span>
            </div>
            {c.specs.map((spec) => (
              <div key={spec.key} className={classes.line} role="group" aria-label={spec.title}>
                <div>
                  <Text size="sm" fw={500}>
                    {spec.title}
                  </Text>
                  <Text size="xs" c="dimmed" maw={480}>
                    {spec.help}
                  </Text>
                </div>
                {SIDES.map((side) => (
                  <ValueField
                    key={side}
                    spec={spec}
                    side={side}
                    value={values[side][spec.key]}
                    changed={!sameValue(suite[side][spec.key], values[side][spec.key])}
                    idle={spec.needs !== '' && plain(values[side][spec.needs]) === false}
                    fault={faults[`${side}.${spec.key}`]}
                    readOnly={!may('policy.edit') || rolling}
                    onChange={(value) => set(side, spec.key, value)}
                  />
                ))}
              </div>
            ))}
          </Panel>
        ))}
      </Stack>
      {changes > 0 && (
        <Changes
          suite={suite}
          values={values}
          count={changes}
          error={error}
          onError={setError}
          onUndo={() => setValues({ corporate: suite.corporate, personal: suite.personal })}
        />
      )}
    </div>
  );
}
