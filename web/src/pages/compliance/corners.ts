import type { Point } from '../../api/types';

/** A line for each corner. */
export const toLines = (corners: Point[]) => corners.map((c) => `${c.latitude}, ${c.longitude}`).join('\n');

const NUMBER = '(-?\\d+(?:\\.\\d+)?)';
/** A comma alone stands between two numbers where one of them has a point: "48,2" is half of a corner, written with a comma. */
const CORNER = new RegExp(`^\\s*${NUMBER}(?:\\s*[,;]\\s+|\\s+|;|(?<=\\.\\d+),|,(?=-?\\d+\\.))${NUMBER}\\s*$`);

/** The corners that lines name, and the number of the first line that names none; 0 when all do. Empty lines are skipped. */
export function fromLines(text: string): { corners: Point[]; bad: number } {
  const corners: Point[] = [];
  let bad = 0;
  text.split('\n').forEach((line, i) => {
    if (!line.trim()) return;
    const found = CORNER.exec(line);
    if (found) corners.push({ latitude: Number(found[1]), longitude: Number(found[2]) });
    else bad ||= i + 1;
  });
  return { corners, bad };
}
