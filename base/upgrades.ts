/** By version: what makes of a stored value of that version one of the next. */
export type Upgrades = Readonly<Record<number, (value: unknown) => unknown>>;

/**
 * A stored value in its present version. Throws RangeError where there is no way from `from` to `to`: the value was written by a
 * later program, or by none.
 */
export function upgraded(value: unknown, from: number, to: number, upgrades: Upgrades): unknown {
  if (!Number.isInteger(from) || from < 1 || from > to)
    throw new RangeError(`version ${from} is not one of 1 to ${to}`);
  let at = value;
  for (let version = from; version < to; version++) {
    const step = Object.hasOwn(upgrades, version) ? upgrades[version] : undefined;
    if (step === undefined) throw new RangeError(`nothing leads from version ${version} to ${version + 1}`);
    at = step(at);
  }
  return at;
}
