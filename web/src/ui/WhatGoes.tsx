import { SimpleGrid, Text } from '@mantine/core';
import { Check, X } from 'lucide-react';
import classes from './whatgoes.module.css';

interface WhatGoesProps {
  removes: string;
  leaves: string;
  caveat: string;
}

/** What a command erases and what it leaves, in the platform's own words. */
export function WhatGoes({ removes, leaves, caveat }: WhatGoesProps) {
  if (!removes && !leaves) return null;
  return (
    <div>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <div className={classes.goes}>
          <p className={classes.title}>
            <X size={15} aria-hidden /> This goes
          </p>
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
