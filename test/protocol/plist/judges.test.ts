import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildPlist } from '../../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../../protocol/plist/build-binary.js';
import { parsePlist, parsePlistDict } from '../../../protocol/plist/parse.js';
import { type PlistValue, profileLimits } from '../../../protocol/plist/value.js';
import { describeWith, temporaryFolder } from '../../support/programs.js';
import { describeWithFixtures, fixture, fixtureNames } from '../../support/shared.js';
import { plistValue } from './arbitrary.js';
import { askPython, type Told, tell } from './judge.js';

const names = [
  ...fixtureNames('apple').map((name) => `apple/${name}`),
  ...fixtureNames('scep')
    .filter((name) => name.endsWith('.mobileconfig'))
    .map((name) => `scep/${name}`),
];
/** Captures that a person laid out anew; all others have Apple's form, and what we rebuild is the same byte for byte. */
const reformatted = new Set([
  'apple/commandment-Authenticate-iOS-11.3.1-cell.xml',
  'apple/commandment-CertificateList-iOS-11.3.1.xml',
  'apple/commandment-DeviceLock-iOS-11.3.1.xml',
  'apple/commandment-TokenUpdate-iOS-11.3.1.xml',
]);
/** Captures whose data was replaced by the word Base64, with padding that Python refuses. */
const unpadded = new Set([
  'apple/commandment-CertificateList-iOS-11.3.1.xml',
  'apple/commandment-TokenUpdate-iOS-11.3.1.xml',
]);

describeWithFixtures('captured messages and profiles', () => {
  it('are there', () => {
    expect(names.length).toBeGreaterThanOrEqual(19);
  });

  it.each(names)('%s parses, and rebuilds to an equal value as XML and as binary', (name) => {
    const value = parsePlistDict(fixture(name), profileLimits);
    expect(Object.keys(value).length).toBeGreaterThan(0);
    expect(parsePlist(buildPlist(value))).toStrictEqual(value);
    expect(parsePlist(buildBinaryPlist(value))).toStrictEqual(value);
  });

  it.each(names.filter((name) => !reformatted.has(name)))('%s is rebuilt byte for byte', (name) => {
    const text = fixture(name).toString('utf8');
    expect(
      buildPlist(parsePlist(fixture(name)))
        .toString('utf8')
        .trimEnd(),
    ).toBe(text.trimEnd());
  });
});

let sampled: PlistValue[] | undefined;
/** The same values each run, so that a judge is asked once about all of them. */
function samples(): PlistValue[] {
  sampled ??= fc.sample(plistValue, { numRuns: 400, seed: 20_261_121 });
  return sampled;
}

/** Expects it; most are equal as text, which is seen sooner. */
function expectSame(told: unknown, mine: Told): void {
  if (JSON.stringify(told) !== JSON.stringify(mine)) expect(told).toEqual(mine);
}

describeWith('python3')('Python’s plistlib', () => {
  it('reads what we write, and we read what it writes, as XML and as binary', () => {
    const values = samples();
    for (const build of [buildPlist, buildBinaryPlist]) {
      const answers = askPython(values.map((value) => build(value)));
      for (const [index, { told, xml, binary }] of answers.entries()) {
        const mine = tell(values[index] ?? []);
        expectSame(told, mine);
        expectSame(tell(parsePlist(xml)), mine);
        expectSame(tell(parsePlist(binary)), mine);
      }
    }
  });

  it('reads captured messages as we do, and we read them in its binary form', () => {
    const files = names.filter((name) => !unpadded.has(name)).map((name) => fixture(name));
    for (const [index, { told, xml, binary }] of askPython(files).entries()) {
      const mine = tell(parsePlist(files[index] ?? Buffer.alloc(0)));
      expect(told).toEqual(mine);
      expect(tell(parsePlist(binary))).toEqual(mine);
      expect(tell(parsePlist(xml))).toEqual(mine);
    }
  });

  it('agrees on CDATA, references, comments and white space', () => {
    const text =
      '<?xml version="1.0"?><!-- c --><plist><array><string>&#x1F600;&amp;<![CDATA[<&>]]>\n</string>' +
      '<integer>0x1F</integer><data>\n\tAAEC\r\n</data><real>1e3</real><string/><dict></dict></array></plist>';
    const bytes = Buffer.from(text);
    expect(askPython([bytes])[0]?.told).toEqual(tell(parsePlist(bytes)));
  });
});

describeWith('xmllint')('xmllint', () => {
  it('finds what we write well-formed', () => {
    const folder = temporaryFolder();
    const files = samples()
      .slice(0, 40)
      .map((value, index) => {
        const file = join(folder, `${index}.plist`);
        writeFileSync(file, buildPlist(value));
        return file;
      });
    expect(files).toHaveLength(40);
    expect(() => execFileSync('xmllint', ['--noout', '--nonet', ...files], { stdio: 'pipe' })).not.toThrow();
  });
});
