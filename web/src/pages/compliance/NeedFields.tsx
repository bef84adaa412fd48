import { MultiSelect, NumberInput, TagsInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ComplianceRuleDraft } from '../../api/types';
import { AreaFields } from './AreaFields';
import { FloorFields } from './FloorFields';

interface NeedFieldsProps {
  needs: string[];
  form: UseFormReturnType<ComplianceRuleDraft>;
  platforms: { value: string; label: string }[];
}

/** What a condition needs to know beside itself. */
export function NeedFields({ needs, form, platforms }: NeedFieldsProps) {
  return (
    <>
      {needs.includes('hours') && (
        <NumberInput label="For how many hours" min={1} max={8760} {...form.getInputProps('hours')} />
      )}
      {needs.includes('count') && (
        <NumberInput
          label="The most devices of one owner"
          min={1}
          max={100}
          {...form.getInputProps('count')}
        />
      )}
      {needs.includes('platforms') && (
        <MultiSelect
          label="Platforms that are allowed"
          data={platforms}
          searchable
          {...form.getInputProps('platforms')}
        />
      )}
      {needs.includes('apps') && (
        <TagsInput
          label="Applications"
          description="Their ids, such as org.example.app; * at the end stands for any text."
          {...form.getInputProps('apps')}
        />
      )}
      {needs.includes('floors') && <FloorFields form={form} platforms={platforms} />}
      {needs.includes('area') && <AreaFields form={form} />}
    </>
  );
}
