import { Accordion, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState, type ReactNode } from 'react';

interface FoldProps<Values> {
  title: string;
  /** What is in force, in a few words. */
  now?: string;
  form: UseFormReturnType<Values>;
  /** The fields within: it opens by itself when one of them has a fault. */
  fields: string[];
  children: ReactNode;
}

/** What few people need of a form, folded away. */
export function Fold<Values>({ title, now, form, fields, children }: FoldProps<Values>) {
  const [open, setOpen] = useState(false);
  const faulty = Object.keys(form.errors).some((path) => fields.includes(path.split('.')[0] ?? ''));
  return (
    <Accordion
      variant="default"
      chevronPosition="left"
      value={open || faulty ? 'more' : null}
      onChange={(value) => setOpen(value === 'more')}
    >
      <Accordion.Item value="more">
        <Accordion.Control>
          {title}
          {now && (
            <Text size="sm" c="dimmed">
              {now}
            </Text>
          )}
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="md">{children}</Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
