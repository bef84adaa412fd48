import { Button, Group, TagsInput, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { askInventory, inventoryKinds } from '../../api/inventory';
import { Facts } from '../../ui/Facts';
import { Panel } from '../../ui/Panel';
import { faultOf, LONGEST_TEST, MOST_TESTS } from './question';

/** Questions that work in every zone, to begin with. */
const EXAMPLES: { label: string; tests: string[] }[] = [
  { label: 'openssl older than 3.0.15, on Debian', tests: ['openssl<3.0.15', 'system.os~debian'] },
  { label: 'without vim', tests: ['!vim'] },
  { label: 'any libssl of dpkg', tests: ['dpkg:libssl*'] },
  { label: 'less than 8 GB of memory', tests: ['hardware.memory<8000000000'] },
];

interface QuestionProps {
  tests: string[];
  onAsk: (tests: string[]) => void;
}

/** The tests that devices must fulfil, each of them a chip. */
export function Question({ tests, onAsk }: QuestionProps) {
  const [typed, setTyped] = useState('');
  const answer = useInfiniteQuery({ ...askInventory(tests), enabled: tests.length > 0 });
  const ask = (next: string[]) => {
    setTyped('');
    onAsk(next);
  };
  const add = () => {
    if (typed.trim() && tests.length < MOST_TESTS) ask([...tests, typed.trim()]);
  };
  return (
    <Panel title="Which devices …?">
      <Group align="flex-start" gap="xs" wrap="nowrap">
        <TagsInput
          style={{ flex: 1, minWidth: 0 }}
          aria-label="Question"
          placeholder={tests.length === 0 ? 'openssl<3.0.15' : 'and …'}
          description="A program, with a version or without, ! before what is missing, or a fact. Several must all hold."
          error={faultOf(answer.error)}
          value={tests}
          onChange={ask}
          searchValue={typed}
          onSearchChange={setTyped}
          acceptValueOnBlur={false}
          splitChars={[]}
          maxTags={MOST_TESTS}
          maxLength={LONGEST_TEST}
          clearable
          clearButtonProps={{ 'aria-label': 'Clear the question' }}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
        />
        <Button onClick={add} style={{ flex: 'none' }} disabled={!typed.trim() || tests.length >= MOST_TESTS}>
          Ask
        </Button>
      </Group>
      <Group gap={6} mt="sm">
        <Text size="sm" c="dimmed">
          For example
        </Text>
        {EXAMPLES.map((e) => (
          <Button key={e.label} size="compact-sm" variant="default" radius="xl" onClick={() => ask(e.tests)}>
            {e.label}
          </Button>
        ))}
      </Group>
      <Help />
    </Panel>
  );
}

/** Everything that can be asked. */
function Help() {
  const kinds = useQuery(inventoryKinds);
  const facts = (kinds.data ?? [])
    .filter((k) => k.single)
    .flatMap((k) => k.fields.map((f): [string, string] => [`${k.section}.${f.name}`, f.title]));
  return (
    <details style={{ fontSize: 'var(--mantine-font-size-sm)', marginTop: 'var(--mantine-spacing-sm)' }}>
      <summary>What can be asked</summary>
      <Facts
        rows={[
          ['vim', 'Has it, in any version'],
          ['!vim', 'Has told its software, and vim is not among it'],
          ['openssl<3.0.15', 'Versions are compared by =, !=, <, <=, > and >=, by the rules of their source'],
          ['dpkg:libssl*', 'The source before a colon; * stands for anything'],
          ['system.os~debian', 'A fact that has the word in it'],
          ...facts,
        ]}
      />
    </details>
  );
}
