import {
  useEffect,
  useEffectEvent,
  useRef,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
} from 'react';
import type { Size, Spot } from './mercator';

/** What fingers, a mouse and keys do to a map. */
export interface Acts {
  push: (by: Spot) => void;
  /** Tells whether it could be done. */
  zoom: (by: number, at: Spot) => boolean;
  showAll: () => void;
  pick?: (at: Spot) => void;
}

const KEY_STEP = 60;
/** A pointer that was moved no farther than this has clicked. */
const STILL = 4;
/** How far a wheel turns, in pixels, to make the map twice as near. */
const WHEEL = 250;
const LINE = 24;

const ARROWS: Record<string, Spot> = {
  ArrowLeft: { x: KEY_STEP, y: 0 },
  ArrowRight: { x: -KEY_STEP, y: 0 },
  ArrowUp: { x: 0, y: KEY_STEP },
  ArrowDown: { x: 0, y: -KEY_STEP },
};

type Pointed = { clientX: number; clientY: number };

function spotOf(e: Pointed, map: Element): Spot {
  const { left, top } = map.getBoundingClientRect();
  return { x: e.clientX - left, y: e.clientY - top };
}

/** The middle of the pointers, and how far apart they are; 0 for a single one. */
function spanOf(pointers: Spot[]) {
  const [a, b] = pointers;
  if (!a) return undefined;
  if (!b) return { ...a, apart: 0 };
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
}

/** Handlers for the picture of a map. */
export function useGestures({ width, height }: Size, acts: Acts) {
  const ref = useRef<SVGSVGElement>(null);
  const pointers = useRef(new Map<number, Spot>());
  const way = useRef(0);

  // React's own listener could not keep the page from scrolling along.
  const turn = useEffectEvent((e: WheelEvent) => {
    if (!ref.current) return;
    const pixels = e.deltaY * (e.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
    const by = Math.max(-1, Math.min(1, (-pixels / WHEEL) * (e.ctrlKey ? 4 : 1))); // ctrl: two fingers on a touch pad
    const done = acts.zoom(by, spotOf(e, ref.current));
    if (done || e.ctrlKey) e.preventDefault(); // else the page scrolls; with ctrl it would become larger
  });
  useEffect(() => {
    const map = ref.current;
    const listen = (e: WheelEvent) => turn(e);
    map?.addEventListener('wheel', listen, { passive: false });
    return () => map?.removeEventListener('wheel', listen);
  }, []);

  const release = (e: PointerEvent) => pointers.current.delete(e.pointerId);

  const handlers = {
    onPointerDown: (e: PointerEvent<SVGSVGElement>) => {
      if (e.button !== 0) return;
      e.currentTarget.setPointerCapture(e.pointerId);
      if (pointers.current.size === 0) way.current = 0;
      pointers.current.set(e.pointerId, spotOf(e, e.currentTarget));
    },
    onPointerMove: (e: PointerEvent<SVGSVGElement>) => {
      if (!pointers.current.has(e.pointerId)) return;
      const before = spanOf([...pointers.current.values()]);
      pointers.current.set(e.pointerId, spotOf(e, e.currentTarget));
      const now = spanOf([...pointers.current.values()]);
      if (!before || !now) return;
      const by = { x: now.x - before.x, y: now.y - before.y };
      way.current += Math.abs(by.x) + Math.abs(by.y) + Math.abs(now.apart - before.apart);
      acts.push(by);
      if (before.apart && now.apart) acts.zoom(Math.log2(now.apart / before.apart), now);
    },
    onPointerUp: release,
    onPointerCancel: release,
    onClick: (e: MouseEvent<SVGSVGElement>) => {
      if (way.current <= STILL) acts.pick?.(spotOf(e, e.currentTarget));
    },
    onDoubleClick: (e: MouseEvent<SVGSVGElement>) => {
      if (!acts.pick) acts.zoom(1, spotOf(e, e.currentTarget));
    },
    onKeyDown: (e: KeyboardEvent<SVGSVGElement>) => {
      if (e.ctrlKey || e.altKey || e.metaKey || !pressed(e.key)) return;
      e.preventDefault();
      e.stopPropagation();
    },
  };

  /** Does what a key says; false for one that says nothing here. */
  function pressed(key: string): boolean {
    const middle = { x: width / 2, y: height / 2 };
    const arrow = ARROWS[key];
    if (arrow) acts.push(arrow);
    else if (key === '+' || key === '=') acts.zoom(1, middle);
    else if (key === '-' || key === '_') acts.zoom(-1, middle);
    else if (key === '0' || key === 'Home') acts.showAll();
    else if (acts.pick && (key === 'Enter' || key === ' ')) acts.pick(middle);
    else return false;
    return true;
  }

  return { ref, ...handlers };
}
