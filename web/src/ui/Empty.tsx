import { Stack, Text } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  /** What to do next. */
  children: ReactNode;
  action?: ReactNode;
}

/** What stands where nothing is yet: says what to do next. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <Stack align="center" gap={6} py={48} px="lg" ta="center">
      <Icon size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
      <Text fw={600} mt={4}>
        {title}
      </Text>
      <Text c="dimmed" size="sm" maw={460} component="div" mb={action ? 'sm' : 0}>
        {children}
      </Text>
      {action}
    </Stack>
  );
}
