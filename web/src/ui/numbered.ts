/** What each thing of a list is called, told apart from the others: of those with one name each gets its number. */
export function numbered<T extends { id: string }>(list: T[], name: (thing: T) => string) {
  return (thing: T): string => {
    const alike = list.filter((other) => name(other) === name(thing));
    if (alike.length < 2) return name(thing);
    return `${name(thing)} (${alike.findIndex((other) => other.id === thing.id) + 1})`;
  };
}
