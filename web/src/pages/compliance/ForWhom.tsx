import { MultiSelect, Select } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { groups } from '../../api/people';
import type { ComplianceRuleDraft } from '../../api/types';
import { useMay } from '../../app/me';

interface ForWhomProps {
  form: UseFormReturnType<ComplianceRuleDraft>;
  platforms: { value: string; label: string }[];
}

/** Which devices a rule is for: everything that is left empty is all. */
export function ForWhom({ form, platforms }: ForWhomProps) {
  const may = useMay();
  const userSets = useQuery({ ...groups('user-groups'), enabled: may('user.read') });
  const deviceSets = useQuery({ ...groups('device-groups'), enabled: may('group.read') });
  const named = (list: { id: string; name: string }[] | undefined) =>
    (list ?? []).map((x) => ({ value: x.id, label: x.name }));
  return (
    <>
      <Select
        label="It is for"
        data={[
          { value: 'any', label: 'Every device' },
          { value: 'corporate', label: 'Corporate devices' },
          { value: 'personal', label: 'Personal devices' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('liability')}
      />
      <MultiSelect
        label="Of platforms (optional)"
        data={platforms}
        searchable
        {...form.getInputProps('onPlatforms')}
      />
      {(userSets.data?.length ?? 0) > 0 && (
        <MultiSelect
          label="Of users in groups (optional)"
          data={named(userSets.data)}
          searchable
          {...form.getInputProps('userGroups')}
        />
      )}
      {(deviceSets.data?.length ?? 0) > 0 && (
        <MultiSelect
          label="In device groups (optional)"
          data={named(deviceSets.data)}
          searchable
          {...form.getInputProps('deviceGroups')}
        />
      )}
    </>
  );
}
