import { Box, Group, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { session } from '../api/account';

interface PageHeadProps {
  title: string;
  /** One sentence: what this page is for. */
  lead?: ReactNode;
  children?: ReactNode;
}

/** The heading of a page with its actions on the right. */
export function PageHead({ title, lead, children }: PageHeadProps) {
  const { data } = useQuery({ ...session, enabled: false });
  useDocumentTitle(`${title} · ${data?.zone.name ?? 'Drover'}`);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Box maw={720}>
        <Title order={1}>{title}</Title>
        {lead && (
          <Text c="dimmed" size="sm" mt={4} component="div">
            {lead}
          </Text>
        )}
      </Box>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
