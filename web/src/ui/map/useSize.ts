import { useCallback, useState } from 'react';
import type { Size } from './mercator';

/** Where nothing is laid out, as in tests. */
const NOWHERE = 640;
const LOWEST = 280;
const HIGHEST = 420;

const sizeFor = (width: number): Size => ({
  width,
  height: Math.round(Math.max(LOWEST, Math.min(HIGHEST, width / 2))),
});

/** The size of a map in the room that its element has; undefined until that is known. */
export function useSize() {
  const [size, setSize] = useState<Size>();
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const measure = () => setSize(sizeFor(element.clientWidth || NOWHERE));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size] as const;
}
