import { Group, Select, TagsInput, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { AFRESH, type Values } from './draft';

/** How a directory is reached and read by LDAP. */
export function LDAPFields({ form }: { form: UseFormReturnType<Values> }) {
  const schema = form.getInputProps('schema');
  return (
    <>
      <TagsInput
        label="Servers"
        description="Asked in turn until one answers."
        placeholder="ldap.example.org"
        {...form.getInputProps('servers')}
      />
      <Group grow align="flex-start">
        <Select
          label="TLS"
          data={[
            { value: 'ldaps', label: 'From the start (LDAPS)' },
            { value: 'starttls', label: 'By StartTLS' },
          ]}
          allowDeselect={false}
          {...form.getInputProps('mode')}
        />
        <Select
          label="What it is"
          data={[
            { value: 'openldap', label: 'OpenLDAP and the like' },
            { value: 'ad', label: 'Active Directory' },
            { value: '389ds', label: '389 Directory Server' },
          ]}
          allowDeselect={false}
          {...schema}
          onChange={(value: string | null) => {
            (schema as { onChange: (v: string | null) => void }).onChange(value);
            form.setValues(AFRESH);
          }}
        />
      </Group>
      <TextInput
        label="Who searches"
        description="An account there that may read people and groups, and nothing else."
        placeholder="cn=reader,dc=example,dc=org"
        autoComplete="off"
        {...form.getInputProps('bindName')}
      />
      <TextInput
        label="Where the people are"
        placeholder="ou=people,dc=example,dc=org"
        {...form.getInputProps('users')}
      />
      <TextInput
        label="Which of them (optional)"
        description="A filter; without one, all people there."
        placeholder="(objectClass=inetOrgPerson)"
        {...form.getInputProps('userFilter')}
      />
      <TextInput
        label="Where the groups are (optional)"
        placeholder="ou=groups,dc=example,dc=org"
        {...form.getInputProps('groups')}
      />
      <TextInput
        label="Which groups (optional)"
        placeholder="(objectClass=groupOfNames)"
        {...form.getInputProps('groupFilter')}
      />
    </>
  );
}
