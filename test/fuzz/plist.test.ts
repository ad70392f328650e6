import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RollcallError } from '../../base/errors.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { parsePlist } from '../../protocol/plist/parse.js';
import { messageLimits, type PlistValue } from '../../protocol/plist/value.js';
import { plistValue } from '../protocol/plist/arbitrary.js';
import { computedMs } from '../support/computed.js';
import { describeWithFixtures, fixture, fixtureNames } from '../support/shared.js';
import { cutsOf, inputsPerCodec, keepsLittle, percent, randomOf, seed, wound } from './law.js';
import { tokens } from './plist-tokens.js';

const slowestMs = 2_000;

/** The law of hostile bytes: a RollcallError, or a value that can be written, read again and written the same. */
function check(bytes: Uint8Array, origin: string, isLenient = true): boolean {
  const told = () => `${origin}, FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64').slice(0, 6000)}`;
  const begun = computedMs();
  let value: PlistValue;
  try {
    value = parsePlist(bytes, messageLimits);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${told()}`, { cause: error });
    if (isLenient) checkLenient(bytes, told);
    return false;
  } finally {
    const ms = computedMs() - begun;
    if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
  }
  const written = buildPlist(value);
  if (isLenient) {
    const lifted: unknown[] = [];
    const loose = parsePlist(bytes, messageLimits, (refusal) => lifted.push(refusal));
    if (lifted.length > 0 || !buildPlist(loose).equals(written)) throw new Error(`leniency changes it: ${told()}`);
  }
  const again = buildPlist(parsePlist(written, { ...messageLimits, maxBytes: written.length }));
  if (!again.equals(written)) throw new Error(`not the same when written again: ${told()}`);
  return true;
}

/** What was refused is refused by a code where leniency is on too, or was lifted. */
function checkLenient(bytes: Uint8Array, told: () => string): void {
  const lifted: unknown[] = [];
  try {
    parsePlist(bytes, messageLimits, (refusal) => lifted.push(refusal));
  } catch (error) {
    if (!(error instanceof RollcallError))
      throw new Error(`a foreign error with leniency: ${told()}`, { cause: error });
    return;
  }
  if (lifted.length === 0) throw new Error(`let pass and not told: ${told()}`);
}

describeWithFixtures('a property list of hostile bytes', () => {
  it('is refused by a code or read, thousands of times, in bounded time and memory', () =>
    keepsLittle(() => {
      const texts = fixtureNames('apple').map((name) => fixture(`apple/${name}`));
      const files = [...texts, ...texts.map((text) => buildBinaryPlist(parsePlist(text)))];
      const random = randomOf(seed);
      let inputs = 0;
      let accepted = 0;
      const count = (bytes: Uint8Array, origin: string): void => {
        inputs++;
        if (check(bytes, origin)) accepted++;
      };

      for (const [index, file] of files.entries())
        for (const length of cutsOf(file.length, files.length, random))
          count(file.subarray(0, length), `file ${index} cut to ${length}`);
      const generators = [
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('bplist00'), bytes])),
        fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((words) => Buffer.concat(words)),
        fc
          .array(fc.constantFrom(...tokens), { maxLength: 40 })
          .map((words) => Buffer.concat([Buffer.from('<plist>'), ...words, Buffer.from('</plist>')])),
      ];
      for (const generator of generators)
        fc.assert(
          fc.property(generator, (bytes) => count(bytes, 'fast-check')),
          { seed, numRuns: percent(3) },
        );
      fc.assert(
        fc.property(plistValue, (value) => {
          const forms = [buildPlist(value), buildBinaryPlist(value)];
          for (const form of forms)
            for (let n = 0; n < 3; n++) count(wound(form, { others: forms, words: tokens, random }), 'a wounded value');
        }),
        { seed, numRuns: percent(1) },
      );
      while (inputs < inputsPerCodec)
        count(
          wound(files[random(files.length)] ?? Buffer.alloc(0), { others: files, words: tokens, random }),
          'a wounded file',
        );

      // Both ways out are taken often, or this proves little.
      expect(accepted, `accepted of ${inputs}, FUZZ_SEED=${seed}`).toBeGreaterThan(inputs / 20);
      expect(accepted, `accepted of ${inputs}, FUZZ_SEED=${seed}`).toBeLessThan(inputs * 0.8);
    }));

  it('costs little even when it is made to cost: a mebibyte of each kind of trouble', () => {
    const mebibyte = (unit: string, head = '<plist>'): Buffer => {
      const room = messageLimits.maxBytes - head.length;
      return Buffer.from(head + unit.repeat(Math.floor(room / Buffer.byteLength(unit))));
    };
    const string = '<plist><string>';
    const troubles = [
      mebibyte('<array>'),
      mebibyte('<array/>', '<plist><array>'),
      mebibyte('<dict><key>a</key>'),
      mebibyte('<key>a</key><true/>', '<plist><dict>'),
      mebibyte('<!---->'),
      mebibyte('<!--'),
      mebibyte('<?'),
      mebibyte('<![CDATA[]]>', string),
      mebibyte('<![CDATA[', string),
      mebibyte('&amp;', string),
      mebibyte('&#1', string),
      mebibyte('&#65;', string),
      mebibyte('\r', string),
      mebibyte('&', string),
      mebibyte('é', string),
      mebibyte('"', '<plist '),
      mebibyte('"" ', '<plist '),
      mebibyte('"', '<!DOCTYPE '),
      mebibyte('1', '<plist><integer>'),
      mebibyte('1', '<plist><real>'),
      mebibyte(' ', '<plist><date>'),
      mebibyte('A', '<plist><data>'),
      mebibyte('=', '<plist><data>'),
      mebibyte('<data>&#10;</data>', '<plist><array>'),
      mebibyte('<data>A', '<plist><array>'),
      mebibyte(' ', '<?xml encoding'),
      mebibyte('a', '<'),
    ];
    for (const [index, bytes] of troubles.entries()) {
      // The end that its own elements need, and ends that are wrong.
      const open = /^<plist><(\w+)>/.exec(bytes.subarray(0, 40).toString())?.[1] ?? 'array';
      for (const closing of ['', '</plist>', `</${open}></plist>`])
        check(
          Buffer.concat([bytes.subarray(0, bytes.length - closing.length), Buffer.from(closing)]),
          `trouble ${index} ${closing}`,
          closing === '',
        );
    }
  });
});
