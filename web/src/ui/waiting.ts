import type { Waiting } from '../api/types';
import { plural } from './time';

/** What became of a change that others may have to approve. */
export function outcome(waiting: Waiting | undefined, done: string): string {
  return waiting?.approval
    ? `Asked. It waits for ${plural(waiting.needed, 'approval')} under Commands.`
    : done;
}
