import { ActionIcon, Button, Group, Select, Stack, TagsInput, Text } from '@mantine/core';
import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';

/** A condition as every rule of the zone writes it: a fact, a comparison, and values of which one is enough. */
export interface Condition {
  fact: string;
  test: string;
  values?: string[] | null;
}

interface ConditionListProps<C extends Condition> {
  /** What the list means as it is. */
  words: string;
  value: C[];
  onChange: (next: C[]) => void;
  facts: Record<C['fact'], string>;
  tests: Record<C['test'], string>;
  testsOf: (fact: C['fact']) => C['test'][];
  /** A new condition, to be filled in. */
  fresh: C;
  /** What can be chosen as a value, besides what is typed. */
  choices?: (condition: C) => string[];
  hint?: (condition: C) => string;
  /** Whether the comparison needs values. */
  asks?: (condition: C) => boolean;
  /** What more a condition names, between the fact and the comparison. */
  more?: (condition: C, at: number, onChange: (next: C) => void) => ReactNode;
}

const MOST = 20;

/** Conditions, all of which must hold: each in a row, with a way to add one and to take one away. */
export function ConditionList<C extends Condition>(props: ConditionListProps<C>) {
  const { words, value, onChange, fresh } = props;
  return (
    <Stack gap="sm">
      <Text size="sm" fw={500}>
        {words}
      </Text>
      {value.map((c, i) => (
        <Row
          key={i}
          {...props}
          at={i + 1}
          one={c}
          put={(next) => onChange(value.map((old, j) => (j === i ? next : old)))}
          remove={() => onChange(value.filter((_, j) => j !== i))}
        />
      ))}
      {value.length < MOST && (
        <div>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Plus size={14} />}
            onClick={() => onChange([...value, fresh])}
          >
            Add a condition
          </Button>
        </div>
      )}
    </Stack>
  );
}

interface RowProps<C extends Condition> extends ConditionListProps<C> {
  at: number;
  one: C;
  put: (next: C) => void;
  remove: () => void;
}

function Row<C extends Condition>({ at, one, put, remove, ...list }: RowProps<C>) {
  const tests = list.testsOf(one.fact);
  const chooseFact = (fact: string) => {
    const known = list.testsOf(fact);
    put({ ...list.fresh, fact, test: known.includes(one.test) ? one.test : known[0], values: [] });
  };
  return (
    <Group gap="xs" align="flex-start" wrap="wrap">
      <Select
        aria-label={`Condition ${at}: what it looks at`}
        data={Object.entries<string>(list.facts).map(([fact, label]) => ({ value: fact, label }))}
        value={one.fact}
        allowDeselect={false}
        onChange={(fact) => fact && chooseFact(fact)}
        w={200}
      />
      {list.more?.(one, at, put)}
      <Select
        aria-label={`Condition ${at}: how`}
        data={tests.map((t) => ({ value: t, label: list.tests[t as C['test']] }))}
        value={one.test}
        allowDeselect={false}
        onChange={(test) => test && put({ ...one, test })}
        w={130}
      />
      {(list.asks?.(one) ?? true) && (
        <TagsInput
          aria-label={`Condition ${at}: values`}
          description={list.hint?.(one)}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={list.choices?.(one) ?? []}
          value={one.values ?? []}
          onChange={(values) => put({ ...one, values })}
          acceptValueOnBlur
          style={{ flex: 1, minWidth: 180 }}
        />
      )}
      <ActionIcon variant="subtle" color="gray" mt={4} aria-label={`Remove condition ${at}`} onClick={remove}>
        <Trash2 size={15} />
      </ActionIcon>
    </Group>
  );
}
