/** The sign of the house: a pen, its gate, and one inside. */
export function Mark({ size }: { size: number }) {
  return <img src="/icon.svg" width={size} height={size} alt="" />;
}
