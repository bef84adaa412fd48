import { TextInput } from '@mantine/core';
import type { RegistrationCondition } from '../../api/types';
import { ConditionList } from '../../ui/ConditionList';
import { FACTS, hint, TESTS, testsOf } from './words';

interface ConditionFieldsProps {
  value: RegistrationCondition[];
  onChange: (next: RegistrationCondition[]) => void;
}

const PLATFORMS = ['linux', 'windows', 'macos'];

/** The conditions of a rule, all of which must hold. */
export function ConditionFields({ value, onChange }: ConditionFieldsProps) {
  return (
    <ConditionList<RegistrationCondition>
      words={value.length === 0 ? 'It fits every computer' : 'It fits a computer for which all of this holds'}
      value={value}
      onChange={onChange}
      facts={FACTS}
      tests={TESTS}
      testsOf={testsOf}
      fresh={{ fact: 'host', test: 'like', values: [] }}
      choices={(c) => (c.fact === 'platform' ? PLATFORMS : [])}
      hint={hint}
      asks={(c) => c.test !== 'told' && c.test !== 'untold'}
      more={(c, at, put) =>
        c.fact === 'attribute' && (
          <TextInput
            aria-label={`Condition ${at}: name of the attribute`}
            placeholder="site"
            value={c.name ?? ''}
            onChange={(e) => put({ ...c, name: e.currentTarget.value })}
            w={120}
          />
        )
      }
    />
  );
}
