import { useSyncExternalStore } from 'react';
import { ago, exactly, isNever } from './time';

// One clock for all times on the page, so that a thousand rows need one timer.
let now = Date.now();
const readers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(reader: () => void) {
  readers.add(reader);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    readers.forEach((tell) => tell());
  }, 30_000);
  return () => {
    readers.delete(reader);
    if (readers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A moment as people say it, with the exact time on hover and for assistive technology. */
export function When({ time, never = 'Never' }: { time: string | undefined; never?: string }) {
  const moment = useSyncExternalStore(subscribe, () => now);
  if (!time || isNever(time)) return <span>{never}</span>;
  return (
    <time dateTime={time} title={exactly(time)}>
      {ago(time, moment)}
    </time>
  );
}
