// Damaged copies of real messages: what a fuzzer of binary formats feeds on.
import fc from 'fast-check';

type Edit = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, where: number): number => Math.floor(where * bytes.length);

const set = fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(
  ([where, octet]): Edit =>
    (bytes) => {
      const copy = Buffer.from(bytes);
      copy[at(bytes, where)] = octet;
      return copy;
    },
);
const flip = fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(
  ([where, bit]): Edit =>
    (bytes) => {
      const copy = Buffer.from(bytes);
      const index = at(bytes, where);
      copy[index] = (copy[index] ?? 0) ^ (1 << bit);
      return copy;
    },
);
const cut = place.map(
  (where): Edit =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);
const remove = fc.tuple(place, fc.integer({ min: 1, max: 40 })).map(
  ([where, length]): Edit =>
    (bytes) => {
      const from = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
    },
);
const repeat = fc.tuple(place, place).map(
  ([one, two]): Edit =>
    (bytes) => {
      const [from, to] = [at(bytes, one), at(bytes, two)].sort((a, b) => a - b) as [number, number];
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    },
);
const insert = fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
  ([where, more]): Edit =>
    (bytes) => {
      const from = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, from), more, bytes.subarray(from)]);
    },
);
/** A length or tag that real parsers have stumbled over: indefinite, huge, high tag number, negative. */
const nasty = fc
  .tuple(
    place,
    fc.constantFrom('80', '84ffffffff', '847fffffff', '880000000000000001', '1f', '0000', '3080', '2480', 'ff'),
  )
  .map(
    ([where, hex]): Edit =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        copy.write(hex, at(bytes, where), 'hex');
        return copy;
      },
  );

/** One of the messages with one to three kinds of damage, or now and then bytes from nowhere. */
export function damaged(messages: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const edits = fc.array(fc.oneof(set, flip, nasty, insert, remove, repeat, cut), { minLength: 1, maxLength: 3 });
  const copies = fc
    .tuple(fc.constantFrom(...messages), edits)
    .map(([message, list]) => list.reduce((bytes, edit) => (bytes.length === 0 ? bytes : edit(bytes)), message));
  const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ arbitrary: copies, weight: 19 }, { arbitrary: anything, weight: 1 });
}
