import { Box, Group, Paper, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

interface PanelProps {
  title?: string;
  aside?: ReactNode;
  children: ReactNode;
  /** No padding around the content: for tables that touch the frame. */
  flush?: boolean;
}

/** A framed part of a page with a heading of its own. */
export function Panel({ title, aside, children, flush }: PanelProps) {
  const id = useId();
  return (
    <Paper component="section" withBorder bg="var(--card)" aria-labelledby={title ? id : undefined}>
      {title && (
        <Group justify="space-between" px="lg" pt="md" pb={flush ? 'sm' : 0}>
          <Title order={2} id={id}>
            {title}
          </Title>
          {aside}
        </Group>
      )}
      <Box p={flush ? 0 : 'lg'} pt={flush || !title ? undefined : 'sm'}>
        {children}
      </Box>
    </Paper>
  );
}
