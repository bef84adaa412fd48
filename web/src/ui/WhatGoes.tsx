import { SimpleGrid, Text } from '@mantine/core';
import { Check, X } from 'lucide-react';
import classes from './whatgoes.module.css';

interface WhatGoesProps {
  removes: string;
  leaves: string;
  caveat: string;
  /** Whether anything is erased at all: what is not is not told in red. */
  destructive: boolean;
}

/** What a command erases and what it leaves, in the platform's own words. */
export function WhatGoes({ removes, leaves, caveat, destructive }: WhatGoesProps) {
  if (!removes && !leaves) return null;
  return (
    <div>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <div className={destructive ? classes.goes : classes.stays}>
          <p className={classes.title}>{destructive && <X size={15} aria-hidden />} This goes</p>
          <p>{removes}</p>
        </div>
        <div className={classes.stays}>
          <p className={classes.title}>
            <Check size={15} aria-hidden /> This stays
          </p>
          <p>{leaves}</p>
        </div>
      </SimpleGrid>
      {caveat && (
        <Text size="sm" c="dimmed" mt="xs">
          {caveat}
        </Text>
      )}
    </div>
  );
}
