import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RollcallError } from '../../protocol/errors.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { parsePlist } from '../../protocol/plist/parse.js';
import { messageLimits, type PlistValue } from '../../protocol/plist/value.js';
import { plistValue } from '../protocol/plist/arbitrary.js';
import { describeWithFixtures, fixture, fixtureNames } from '../support/shared.js';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const slowestMs = 2_000;

/** 32 random bits a call, the same for the same seed (mulberry32). */
function randomOf(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The law of hostile bytes: a RollcallError, or a value that can be written, read again and written the same. */
function check(bytes: Uint8Array, origin: string): boolean {
  const told = () => `${origin}, FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64').slice(0, 6000)}`;
  const begun = process.hrtime.bigint();
  let value: PlistValue;
  try {
    value = parsePlist(bytes, messageLimits);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${told()}`, { cause: error });
    return false;
  } finally {
    const ms = Number(process.hrtime.bigint() - begun) / 1e6;
    if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
  }
  const written = buildPlist(value);
  const again = buildPlist(parsePlist(written, { ...messageLimits, maxBytes: written.length }));
  if (!again.equals(written)) throw new Error(`not the same when written again: ${told()}`);
  return true;
}

// biome-ignore format: a table
const tokens = [
  '<date>2026-13-01T00:00:00Z</date>', '<string>&#xDFFF;</string>', '<real>1e999</real>', '<integer>-9e9</integer>',
  '<dict>', '</dict>', '<array>', '</array>', '<key>a</key>', '<key>', '</key>', '<string>', '</string>', '<string/>', '<true/>',
  '<integer>', '</integer>', '<real>', '</real>', '<date>', '</date>', '<data>', '</data>', '<plist>', '</plist>', '<!--', '-->',
  '<![CDATA[', ']]>', '<?xml', '?>', '<!DOCTYPE', '<!ENTITY', '[', ']', '>', '<', '/', '&', '&amp;', '&#', '&#x41;', '&#xD800;', '&#x110000;', ';', '"', "'",
  '0', '-', '0x', '1e9', 'nan', '2026-01-01T00:00:00Z', 'AAAA', '=', '\0', '\r', ' ', '\ufeff', 'é', '😀', '__proto__', 'bplist00',
].map((text) => Buffer.from(text));
const edges = [
  0x00, 0x01, 0x0f, 0x10, 0x13, 0x14, 0x33, 0x3c, 0x5f, 0x6f, 0x7f, 0x80, 0xa0, 0xaf, 0xd0, 0xdf, 0xef, 0xff,
];

/** One to four random wounds: bits, bytes, pieces lost, doubled, moved from another file, words of the format, the end cut. */
function mutate(original: Buffer, others: readonly Buffer[], random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original);
  for (let wounds = 1 + random(4); wounds > 0; wounds--) {
    const at = random(bytes.length + 1);
    const span = 1 + random(random(4) === 0 ? bytes.length + 1 : 8);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const other = others[random(others.length)] ?? original;
    switch (random(8)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        if (at < bytes.length) bytes[at] = edges[random(edges.length)] ?? 0;
        break;
      case 2:
        bytes = Buffer.concat([before, after.subarray(span)]);
        break;
      case 3:
        bytes = Buffer.concat([before, after.subarray(0, span), after]);
        break;
      case 4:
        bytes = Buffer.concat([before, other.subarray(random(other.length)).subarray(0, span), after]);
        break;
      case 5:
        bytes = Buffer.concat([before, tokens[random(tokens.length)] ?? before, after]);
        break;
      case 6: {
        // The trailer of a binary list is where lies are most costly: 32 bytes at the end.
        const trailing = bytes.length - 1 - random(Math.min(48, bytes.length || 1));
        if (trailing >= 0) bytes[trailing] = random(256);
        break;
      }
      default:
        bytes = Buffer.from(before);
    }
  }
  return bytes;
}

function collectGarbage(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

describeWithFixtures('a property list of hostile bytes', () => {
  it('is refused by a code or read, a hundred thousand times, in bounded time and memory', () => {
    const texts = fixtureNames('apple').map((name) => fixture(`apple/${name}`));
    const files = [...texts, ...texts.map((text) => buildBinaryPlist(parsePlist(text)))];
    const random = randomOf(seed);
    const before = collectGarbage();
    let inputs = 0;
    let accepted = 0;
    const count = (bytes: Uint8Array, origin: string): void => {
      inputs++;
      if (check(bytes, origin)) accepted++;
    };

    for (const [index, file] of files.entries())
      for (let length = 0; length <= file.length; length++)
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
        { seed, numRuns: 3_000 },
      );
    fc.assert(
      fc.property(plistValue, (value) => {
        const forms = [buildPlist(value), buildBinaryPlist(value)];
        for (const form of forms) for (let n = 0; n < 3; n++) count(mutate(form, forms, random), 'a mutated value');
      }),
      { seed, numRuns: 1_000 },
    );
    while (inputs < 100_000)
      count(mutate(files[random(files.length)] ?? Buffer.alloc(0), files, random), 'a mutated file');

    // Both ways out are taken often, or this proves little.
    expect(accepted, `accepted of ${inputs}, FUZZ_SEED=${seed}`).toBeGreaterThan(5_000);
    expect(accepted, `accepted of ${inputs}, FUZZ_SEED=${seed}`).toBeLessThan(inputs - 20_000);
    expect(collectGarbage() - before, `bytes kept, FUZZ_SEED=${seed}`).toBeLessThan(32 * 1024 * 1024);
  });

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
      const closings = [
        '',
        '</plist>',
        '</string></plist>',
        '</integer></plist>',
        '</real></plist>',
        '</date></plist>',
        '</data></plist>',
      ];
      for (const closing of [...closings, '</array></plist>', '</dict></plist>'])
        check(
          Buffer.concat([bytes.subarray(0, bytes.length - closing.length), Buffer.from(closing)]),
          `trouble ${index} ${closing}`,
        );
    }
  });
});
