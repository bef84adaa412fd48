import { Box, Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Mark } from '../../ui/Mark';

/** The frame of everything that happens before one is signed in. */
export function Gatehouse({
  title,
  lead,
  children,
}: {
  title: string;
  lead: ReactNode;
  children: ReactNode;
}) {
  useDocumentTitle(`${title} · Drover`);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Box w="100%" maw={420}>
        <Group gap={10} mb="lg" justify="center">
          <Mark size={32} />
          <Text fw={600} fz={20}>
            Drover
          </Text>
        </Group>
        <Paper withBorder radius="lg" p={{ base: 'lg', xs: 32 }} bg="var(--card)">
          <Stack gap="lg">
            <div>
              <Title order={1} fz={20}>
                {title}
              </Title>
              <Text c="dimmed" size="sm" mt={4} component="div">
                {lead}
              </Text>
            </div>
            {children}
          </Stack>
        </Paper>
      </Box>
    </Center>
  );
}
