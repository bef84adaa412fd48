import { Checkbox, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { rights } from '../../api/admins';
import { humanize } from '../../ui/states';

interface RightsFieldProps {
  value: string[];
  onChange: (rights: string[]) => void;
  /** Only these can be chosen. */
  among?: string[];
}

const SUBJECTS: Record<string, string> = {
  log: 'Server log',
  admin: 'Administrators',
  audit: 'Audit log',
  access: 'Access rules',
  upstream: 'Mail servers',
  safety: 'Safety',
};

function subject(key: string): string {
  const first = key.split('.')[0] ?? key;
  return SUBJECTS[first] ?? `${humanize(first)}s`.replace(/([^aeiou])ys$/, '$1ies');
}

/** Rights by subject, in words. */
export function RightsField({ value, onChange, among }: RightsFieldProps) {
  const all = useQuery(rights);
  const offered = (all.data ?? []).filter((r) => !among || among.includes(r.key));
  const subjects = [...new Set(offered.map((r) => subject(r.key)))];
  return (
    <Stack gap="md">
      {subjects.map((name) => (
        <fieldset key={name} style={{ border: 0, margin: 0, padding: 0 }}>
          <Text component="legend" size="sm" fw={600} mb={6}>
            {name}
          </Text>
          <Stack gap={8}>
            {offered
              .filter((r) => subject(r.key) === name)
              .map((r) => (
                <Checkbox
                  key={r.key}
                  label={r.label}
                  description={
                    r.dangerous ? 'Destructive: counted in budgets, and asks for a second person.' : undefined
                  }
                  checked={value.includes(r.key)}
                  onChange={(e) =>
                    onChange(
                      e.currentTarget.checked ? [...value, r.key] : value.filter((key) => key !== r.key),
                    )
                  }
                />
              ))}
          </Stack>
        </fieldset>
      ))}
    </Stack>
  );
}
