import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { DoorFilter } from '../../api/types';
import { MoveButtons } from '../../ui/MoveButtons';
import { Panel } from '../../ui/Panel';
import { RowButton } from '../../ui/RowButton';
import { EVERYBODY } from './draft';
import { RuleDialog } from './RuleDialog';
import { ruleWords } from './words';
import classes from '../access/access.module.css';

interface FilterPanelProps {
  title: string;
  /** What holds where nothing is said here. */
  without: string;
  filter?: DoorFilter;
  /** Given to whoever may change it; undefined takes the rules away. */
  onChange?: (filter?: DoorFilter) => void;
  children?: ReactNode;
}

/** The rules by address of one category or service: the first that matches decides. */
export function FilterPanel({ title, without, filter, onChange, children }: FilterPanelProps) {
  const [form, setForm] = useState<number | 'new'>();
  const rules = filter?.rules ?? [];
  const set = (next: DoorFilter['rules']) => onChange?.({ ...(filter ?? EVERYBODY), rules: next });
  const move = (i: number, by: number) => {
    const next = rules.filter((_, at) => at !== i);
    const moved = rules[i];
    if (moved) set([...next.slice(0, i + by), moved, ...next.slice(i + by)]);
  };
  return (
    <Panel
      title={title}
      aside={
        onChange && (
          <Group gap="xs">
            {filter && (
              <Button size="xs" variant="subtle" color="gray" onClick={() => onChange(undefined)}>
                Take all rules away
              </Button>
            )}
            <Button
              size="xs"
              variant="default"
              leftSection={<Plus size={14} />}
              onClick={() => setForm('new')}
            >
              Add a rule
            </Button>
          </Group>
        )
      }
    >
      <Stack gap="sm">
        {children}
        {!filter && (
          <Text size="sm" c="dimmed">
            {without}
          </Text>
        )}
        {filter && rules.length > 0 && (
          <ol className={classes.rules} aria-label={`Rules: ${title}`}>
            {rules.map((rule, i) => {
              const words = ruleWords(rule);
              return (
                <li key={i}>
                  <span className={classes.position}>{i + 1}</span>
                  <div className={classes.rule}>
                    <Text size="sm" fw={500}>
                      {words}
                    </Text>
                    {rule.note && (
                      <Text size="sm" c="dimmed">
                        {rule.note}
                      </Text>
                    )}
                  </div>
                  {onChange && (
                    <Group gap={2} wrap="nowrap">
                      <MoveButtons name={words} at={i} of={rules.length} onMove={(by) => move(i, by)} />
                      <RowButton icon={Pencil} label={`Edit ${words}`} onClick={() => setForm(i)} />
                      <RowButton
                        icon={Trash2}
                        label={`Remove ${words}`}
                        onClick={() => set(rules.filter((_, at) => at !== i))}
                      />
                    </Group>
                  )}
                </li>
              );
            })}
          </ol>
        )}
        {filter && (
          <Group gap="sm">
            <Text size="sm">Everybody else</Text>
            <SegmentedControl
              size="xs"
              aria-label={`Everybody else: ${title}`}
              disabled={!onChange}
              data={[
                { value: 'allow', label: 'is let in' },
                { value: 'deny', label: 'is kept out' },
              ]}
              value={filter.otherwise}
              onChange={(v) => onChange?.({ ...filter, otherwise: v as DoorFilter['otherwise'] })}
            />
          </Group>
        )}
      </Stack>
      {form !== undefined && (
        <RuleDialog
          rule={form === 'new' ? undefined : rules[form]}
          onClose={() => setForm(undefined)}
          onSave={(made) =>
            set(form === 'new' ? [...rules, made] : rules.map((r, i) => (i === form ? made : r)))
          }
        />
      )}
    </Panel>
  );
}
