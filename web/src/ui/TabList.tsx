import { Tabs } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';

/** The tabs of a page. Where they are wider than the screen, the one that is shown is rolled into view. */
export function TabList({ shown, children }: { shown: string | undefined; children: ReactNode }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const strip = list.current;
    const tab = strip?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (strip && tab) strip.scrollLeft = tab.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
  }, [shown]);
  return (
    <Tabs.List ref={list} mb="lg">
      {children}
    </Tabs.List>
  );
}
