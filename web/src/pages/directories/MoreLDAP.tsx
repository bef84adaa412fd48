import { Group, NumberInput, SimpleGrid, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { Fold } from '../../ui/Fold';
import { plural } from '../../ui/time';
import { ATTRIBUTES, type Attributes, type Values } from './draft';

const LABELS: Record<keyof Attributes, string> = {
  login: 'Login name',
  displayName: 'Name shown',
  mail: 'Mail address',
  phone: 'Phone number (- for none)',
  id: 'Unique id of an entry',
  group: 'Name of a group',
  member: 'Members of a group',
};

/** What most directories never need: certificate name, time-out, grace, and the attributes that are read. */
export function MoreLDAP({ form }: { form: UseFormReturnType<Values> }) {
  const { schema, attributes, timeout, grace, graceHours } = form.values;
  const keys = Object.keys(LABELS) as (keyof Attributes)[];
  const own = keys.some((key) => attributes[key] && attributes[key] !== ATTRIBUTES[schema][key]);
  return (
    <Fold
      title="More settings"
      now={`${own ? 'Attributes of its own' : 'The usual attributes'}, a time-out of ${plural(timeout, 'second')}, a grace of ${plural(grace, 'import')} and ${plural(graceHours, 'hour')}`}
      form={form}
      fields={['serverName', 'timeout', 'grace', 'graceHours', 'attributes']}
    >
      <TextInput
        label="Name in the certificates (optional)"
        description="Where it is not the server’s own."
        placeholder="ldap.example.org"
        {...form.getInputProps('serverName')}
      />
      <NumberInput
        label="Time-out"
        description="Seconds that one server has to answer."
        min={1}
        max={120}
        {...form.getInputProps('timeout')}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Grace: imports"
          description="In a row that miss a person before the user is disabled."
          min={1}
          max={100}
          {...form.getInputProps('grace')}
        />
        <NumberInput
          label="Grace: hours"
          description="And for how long at the least."
          min={0}
          max={2160}
          {...form.getInputProps('graceHours')}
        />
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {keys.map((key) => (
          <TextInput
            key={key}
            label={LABELS[key]}
            placeholder={ATTRIBUTES[schema][key]}
            {...form.getInputProps(`attributes.${key}`)}
          />
        ))}
      </SimpleGrid>
    </Fold>
  );
}
