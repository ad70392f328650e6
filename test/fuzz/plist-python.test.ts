import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { parsePlist } from '../../protocol/plist/parse.js';
import { plistValue } from '../protocol/plist/arbitrary.js';
import { tell } from '../protocol/plist/judge.js';
import { describeWith } from '../support/programs.js';
import { inputsPerCodec, percent, randomOf, seed, wound } from './law.js';
import { type Difference, onlyOursTakes, onlyPlistlibTakes, valuesDiffer } from './plist-differences.js';
import { binaryInput, xmlInput } from './plist-inputs.js';
import { tokens } from './plist-tokens.js';
import { askPlistlib, type Judged } from './plistlib.js';

/** In words of its own, or why not. Undefined beyond a bound of ours. */
function read(bytes: Uint8Array): Judged | undefined {
  try {
    return { told: tell(parsePlist(bytes)) };
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return error.code === 'PLIST_LIMIT' ? undefined : { refused: error.message };
  }
}

const batch = 5_000;

describeWith('python3')('a property list that Python’s plistlib is asked about too', () => {
  it('is taken by both, to equal values, or by neither, but for a list of differences', () => {
    const random = randomOf(seed);
    const values = fc.sample(plistValue, { numRuns: 100, seed }).filter((value) => buildPlist(value).length < 8192);
    const files = values.flatMap((value) => [buildPlist(value), buildBinaryPlist(value)]);
    const unexplained: string[] = [];
    const counts: Record<Way, number> = { equal: 0, neither: 0, explained: 0 };
    const next = (): Buffer => {
      const choice = random(100);
      if (choice < 70) return xmlInput(random);
      if (choice < 90) return binaryInput(random);
      const file = files[random(files.length)] ?? Buffer.alloc(0);
      return choice < 97 ? file : wound(file, { others: files, words: tokens, random });
    };
    for (let left = inputsPerCodec; left > 0; left -= batch) {
      const inputs = Array.from({ length: Math.min(batch, left) }, next);
      for (const [index, theirs] of askPlistlib(inputs).entries()) {
        const bytes = inputs[index] ?? Buffer.alloc(0);
        const ours = read(bytes);
        if (ours !== undefined) counts[compare(bytes, ours, theirs, unexplained)]++;
      }
      expect(unexplained.slice(0, 10), `FUZZ_SEED=${seed}`).toEqual([]);
    }
    // Every way out is taken often, or this proves little.
    for (const [way, count] of Object.entries(counts))
      expect(count, `${way}, FUZZ_SEED=${seed}`).toBeGreaterThan(percent(way === 'neither' ? 5 : 10));
  });
});

type Way = 'equal' | 'neither' | 'explained';

function compare(bytes: Buffer, ours: Judged, theirs: Judged, unexplained: string[]): Way {
  const tale = `${'told' in ours ? JSON.stringify(ours.told) : ours.refused} / ${'told' in theirs ? JSON.stringify(theirs.told) : theirs.refused}`;
  const explain = (said: string, list: readonly Difference[]): Way => {
    if (!isExplained(bytes, said, list))
      unexplained.push(`${tale.slice(0, 1000)}: ${bytes.toString('base64').slice(0, 4000)}`);
    return 'explained';
  };
  if ('told' in ours && 'told' in theirs)
    return JSON.stringify(ours.told) === JSON.stringify(theirs.told) ? 'equal' : explain('', valuesDiffer);
  if ('refused' in theirs) return 'refused' in ours ? 'neither' : explain(theirs.refused, onlyOursTakes);
  return explain('refused' in ours ? ours.refused : '', onlyPlistlibTakes);
}

function isExplained(bytes: Buffer, said: string, list: readonly Difference[]): boolean {
  const text = bytes.toString('latin1');
  const narrow = text.startsWith('\xff\xfe') ? bytes.subarray(2).toString('utf16le') : text;
  return list.some(
    ({ says, shows }) => (says?.test(said) ?? true) && (shows === undefined || shows.test(narrow) || shows.test(text)),
  );
}
