import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './enrol.module.css';

/** What stands on the paper when the page is printed: this and nothing else. */
export function Sheet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.sheet}>
      <Text fw={600} className={classes.printed}>
        {title}
      </Text>
      {children}
    </div>
  );
}
