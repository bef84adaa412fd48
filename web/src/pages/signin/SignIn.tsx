import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { session, signIn } from '../../api/account';
import { Trouble } from '../../ui/Trouble';
import { Gatehouse } from './Gatehouse';
import { Providers } from './Providers';

/** The first step: name and password. */
export function SignIn() {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: '', password: '' },
    validate: {
      name: (v) => (v ? null : 'Enter your administrator name.'),
      password: (v) => (v ? null : 'Enter your password.'),
    },
  });
  const enter = useMutation({
    mutationFn: signIn,
    onSuccess: (got) => queries.setQueryData(session.queryKey, got),
    onError: () => form.setFieldValue('password', ''),
  });
  return (
    <Gatehouse title="Sign in" lead="To the administration of this zone.">
      <form onSubmit={form.onSubmit((values) => enter.mutate(values))} noValidate>
        <Stack gap="md">
          <TextInput
            label="Name"
            autoComplete="username"
            data-autofocus
            autoFocus
            {...form.getInputProps('name')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
            {...form.getInputProps('password')}
          />
          {enter.isError && <Trouble error={enter.error} />}
          <Button type="submit" fullWidth loading={enter.isPending}>
            Continue
          </Button>
        </Stack>
      </form>
      <Providers />
    </Gatehouse>
  );
}
