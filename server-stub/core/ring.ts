// What is kept of the newest entries of a growing list: keys that turn around, so that the table stays as short as the list.

/** An entry as it is stored; those of earlier versions have no number. */
interface Numbered {
  readonly at: number;
  /** How many came before it. */
  readonly n?: number;
}

type Ring<T extends Numbered> = readonly (readonly [key: string, value: T])[];

export const keyInRing = (n: number, limit: number): string => String(n % limit).padStart(8, '0');

/** By number, whatever the time was; those without one came before, and are in the order of their times. Without their numbers. */
export const entriesInOrder = <T extends Numbered>(ring: Ring<T>): readonly (readonly [string, Omit<T, 'n'>])[] =>
  [...ring]
    .sort(([, a], [, b]) => (a.n ?? -1) - (b.n ?? -1) || a.at - b.at)
    .map(([key, { n: _, ...entry }]) => [key, entry]);

export const inOrder = <T extends Numbered>(ring: Ring<T>): readonly Omit<T, 'n'>[] =>
  entriesInOrder(ring).map(([, entry]) => entry);

/**
 * The number of the next entry. Where none has one: in the order of keys, the oldest lies where the times step back, and is the next to
 * be replaced.
 */
export function nextInRing(ring: Ring<Numbered>): number {
  const last = ring.reduce((most, [, { n }]) => Math.max(most, n ?? -1), -1);
  if (last >= 0) return last + 1;
  const oldest = ring.find(([, { at }], index) => at < (ring[index - 1]?.[1].at ?? at));
  const next = oldest === undefined ? 1 + Number(ring.at(-1)?.[0] ?? -1) : Number(oldest[0]);
  return Number.isInteger(next) ? next : ring.length;
}
