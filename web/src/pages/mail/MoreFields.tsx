import { MultiSelect, Select, Switch, TagsInput, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { groups } from '../../api/people';
import type { UpstreamDraft } from '../../api/types';
import { useMay } from '../../app/me';
import { Fold } from '../../ui/Fold';

const VERSIONS = ['2.5', '12.0', '12.1', '14.0', '14.1', '16.0', '16.1'];

const NAMES = [
  { value: 'plain', label: 'anna: one server, or several with the same users' },
  { value: 'mail', label: 'anna@example.org: several servers, whose users may share names' },
];

const NO_BEARER = { issuer: '', audience: '', claim: 'upn' };

/** What most mail servers never need. */
export function MoreFields({ form }: { form: UseFormReturnType<UpstreamDraft> }) {
  const may = useMay();
  const { handsOff, bearer } = form.values;
  const sets = useQuery({ ...groups('user-groups'), enabled: may('user.read') && !handsOff });
  return (
    <Fold
      title="Names, versions and tokens"
      form={form}
      fields={['handsOffGroups', 'names', 'windowsDomain', 'versions', 'ask449', 'bearer']}
    >
      {!handsOff && (
        <MultiSelect
          label="Groups whose new devices enrol by themselves all the same"
          data={(sets.data ?? []).map((g) => ({ value: g.id, label: g.name }))}
          {...form.getInputProps('handsOffGroups')}
        />
      )}
      <Select
        label="Users are known as"
        data={NAMES}
        allowDeselect={false}
        {...form.getInputProps('names')}
      />
      <TextInput
        label="Windows domain (optional)"
        description="The EXAMPLE of names such as EXAMPLE\anna."
        {...form.getInputProps('windowsDomain')}
      />
      <MultiSelect
        label="Versions of ActiveSync offered"
        description="None chosen: all that the server has and Drover carries."
        data={VERSIONS}
        {...form.getInputProps('versions')}
      />
      <TagsInput
        label="Clients that know HTTP 449 alone"
        description="Device types, or how their user agents begin: for old clients that never fetch their policy."
        placeholder="TouchDown"
        {...form.getInputProps('ask449')}
      />
      <Switch
        label="Phones may sign in by bearer token"
        description="As modern Exchange does. Without it tokens are refused, and passwords alone are taken."
        checked={Boolean(bearer)}
        onChange={(e) => form.setFieldValue('bearer', e.currentTarget.checked ? NO_BEARER : undefined)}
      />
      {bearer && (
        <>
          <TextInput
            label="Issuer"
            description="The OpenID Connect address whose keys sign the tokens."
            placeholder="https://login.example.org/tenant"
            {...form.getInputProps('bearer.issuer')}
          />
          <TextInput label="Audience" {...form.getInputProps('bearer.audience')} />
          <Select
            label="Claim that holds the login name"
            data={['upn', 'email', 'preferred_username', 'sub']}
            allowDeselect={false}
            {...form.getInputProps('bearer.claim')}
          />
        </>
      )}
    </Fold>
  );
}
