import fc from 'fast-check';
import { dict, PlistReal, type PlistValue } from '../../../protocol/plist/value.js';
import { anyCharacter } from '../../support/characters.js';

/** Text XML has a form for; no carriage return, which other writers of property lists do not keep. */
const text = fc
  .string({ unit: anyCharacter, maxLength: 24 })
  .map((any) => any.replace(/[\0-\x08\x0b-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '~'));

/** Any property list: every type, at the edges of each, with dates of whole seconds in the years all readers know. */
export const plistValue: fc.Arbitrary<PlistValue> = fc.letrec<{ value: PlistValue; leaf: PlistValue }>((tie) => ({
  leaf: fc.oneof(
    text,
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.boolean(),
    fc.double().map((number) => new PlistReal(number)),
    fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }).map((seconds) => new Date(seconds * 1000)),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 20 }).map((entries) => dict(Object.fromEntries(entries))),
  ),
})).value;
