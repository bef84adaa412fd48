import type { Point } from '../../api/types';

/** A line for each corner. */
export const toLines = (corners: Point[]) => corners.map((c) => `${c.latitude}, ${c.longitude}`).join('\n');

/** The corners that lines name, and the number of the first line that names none; 0 when all do. Empty lines are skipped. */
export function fromLines(text: string): { corners: Point[]; bad: number } {
  const corners: Point[] = [];
  let bad = 0;
  text.split('\n').forEach((line, i) => {
    if (!line.trim()) return;
    const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(line);
    if (found) corners.push({ latitude: Number(found[1]), longitude: Number(found[2]) });
    else bad ||= i + 1;
  });
  return { corners, bad };
}
