import { isDeepStrictEqual } from 'node:util';

/** Of things that have an id: what is no more, and what is new or another than before. */
export interface Difference<T> {
  readonly removed: readonly T[];
  readonly put: readonly T[];
}

export function difference<T extends { readonly id: string }>(
  now: readonly T[],
  next: readonly T[],
  isSame: (one: T, other: T) => boolean = isDeepStrictEqual,
): Difference<T> {
  const before = new Map(now.map((each) => [each.id, each]));
  const after = new Set(next.map(({ id }) => id));
  return {
    removed: now.filter(({ id }) => !after.has(id)),
    put: next.filter((each) => {
      const known = before.get(each.id);
      return known === undefined || !isSame(known, each);
    }),
  };
}
