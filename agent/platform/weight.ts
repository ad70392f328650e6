// How much an authority has put on a device: a bound that keeps one authority from filling the memory of the process that runs the
// others' devices too.

/** Bytes of what an authority has put on one device, about as they are stored. Far above what any authority gives a device. */
export const mostKeptBytes = 64 * 1024 * 1024;

/** What lies in a device is never changed in place: what was weighed once is not weighed again. */
const weighed = new WeakMap<object, number>();

/** Bytes of a value as it is stored, roughly: texts and bytes by their length, and some for each value. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return 8 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Uint8Array) return 8 + value.length;
  const before = weighed.get(value);
  if (before !== undefined) return before;
  let weight = 8;
  if (Array.isArray(value)) for (const item of value) weight += weightOf(item);
  else for (const [key, item] of Object.entries(value)) weight += key.length + weightOf(item);
  weighed.set(value, weight);
  return weight;
}
