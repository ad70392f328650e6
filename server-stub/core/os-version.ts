// Versions as devices and administrators write them: numbers with points between them.

const numbersOf = (version: string): readonly number[] =>
  (version.match(/\d+/g) ?? []).slice(0, 8).map((digits) => Number(digits.slice(0, 12)));

/**
 * Negative where `one` is lower than `other`, positive where it is higher. A part that is missing counts as 0: 17 equals 17.0.
 *
 * @example compareVersions('16.7.10', '17.0') // -1
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** Whether it is higher than `most`, as far as that says: 17.9.1 is not beyond 17.9. */
export function isBeyond(version: string, most: string): boolean {
  const parts = numbersOf(most).length;
  return compareVersions(numbersOf(version).slice(0, parts).join('.'), most) > 0;
}

/** Whether there is anything to compare. */
export const isVersion = (text: string): boolean => /^\d{1,9}(\.\d{1,9}){0,7}$/.test(text);
