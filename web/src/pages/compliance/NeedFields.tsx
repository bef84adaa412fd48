import { Group, MultiSelect, NumberInput, TagsInput, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ComplianceRuleDraft } from '../../api/types';

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
      {needs.includes('versions') && <Versions form={form} platforms={platforms} />}
      {needs.includes('area') && <AreaFields form={form} />}
    </>
  );
}

function Versions({ form, platforms }: Omit<NeedFieldsProps, 'needs'>) {
  const versions = form.values.versions ?? {};
  return (
    <>
      <MultiSelect
        label="Platforms with a least version"
        data={platforms}
        value={Object.keys(versions)}
        error={form.errors.versions}
        searchable
        onChange={(ids) =>
          form.setFieldValue('versions', Object.fromEntries(ids.map((id) => [id, versions[id] ?? ''])))
        }
      />
      {Object.keys(versions).map((id) => (
        <TextInput
          key={id}
          label={`Least version of ${platforms.find((p) => p.value === id)?.label ?? id}`}
          placeholder="17.2"
          value={versions[id]}
          onChange={(e) => form.setFieldValue('versions', { ...versions, [id]: e.currentTarget.value })}
        />
      ))}
    </>
  );
}

function AreaFields({ form }: { form: UseFormReturnType<ComplianceRuleDraft> }) {
  const area = form.values.area ?? { latitude: 0, longitude: 0, metres: 5000, hours: 24 };
  const set = (key: keyof typeof area) => (next: string | number) =>
    form.setFieldValue('area', { ...area, [key]: Number(next) });
  return (
    <>
      <Group grow align="flex-start">
        <NumberInput
          label="Latitude"
          min={-90}
          max={90}
          value={area.latitude}
          onChange={set('latitude')}
          error={form.errors.area}
        />
        <NumberInput
          label="Longitude"
          min={-180}
          max={180}
          value={area.longitude}
          onChange={set('longitude')}
        />
        <NumberInput label="Metres" min={100} max={5_000_000} value={area.metres} onChange={set('metres')} />
      </Group>
      <NumberInput
        label="A position counts for, in hours"
        description="From an older one nobody knows where the device is: the answer is “not known”."
        min={1}
        max={8760}
        allowDecimal={false}
        value={area.hours ?? 24}
        onChange={set('hours')}
        error={form.errors['area.hours']}
      />
    </>
  );
}
