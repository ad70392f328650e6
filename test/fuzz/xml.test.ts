// Whatever arrives as XML: no crash, bounded memory, and nothing taken that libxml2 does not take.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { readXml, type XmlReading } from '../../protocol/xml/read.js';
import { describeWith, temporaryFolder } from '../support/programs.js';
import { inputsPerCodec, keepsLittle, percent, seed } from './law.js';
import { damaged } from './mutations.js';

const documents = [
  '<?xml version="1.0" encoding="utf-8"?><a xmlns="urn:a" xmlns:p="urn:p" p:x="1&lt;" y=\'2\'>t&amp;<p:b/><![CDATA[<c>]]>&#x41;<!-- c --></a>',
  '<s:Envelope xmlns:s="urn:s"><s:Header/><s:Body><x xmlns="" a="&quot;"><y>1</y><y>2</y></x></s:Body></s:Envelope>',
  '\ufeff<größe>日本 😀<?p i?></größe>',
].map((text) => Buffer.from(text));

/** Pieces of which documents are made; wrong places are where readers fall. */
const pieces = fc.constantFrom(
  ...['<a>', '</a>', '<a', '>', '/>', '<p:a xmlns:p="u">', '</p:a>', '<q:b/>', ' x="1"', " y='2'", ' xmlns="v"'],
  ...[' xmlns:q="w"', ' q:x="1"', '="', '<!--', '-->', '--', '<![CDATA[', ']]>', '&lt;', '&#65;', '&#x0;', '&', ';'],
  ...['<?xml version="1.0"?>', '<?p', '?>', '<!DOCTYPE a>', '<!DOCTYPE a [', ']>', '<!ENTITY e "e">', '&e;', 'text'],
  ...[
    ' ',
    '\n',
    '\r',
    '\t',
    '\ufeff',
    '\0',
    '\u0085',
    '\u2028',
    '😀',
    '\ufffe',
    '__proto__',
    '<constructor/>',
    '"',
    "'",
  ],
  ...['</', '<', ':', '<:a/>', '<a:/>', '<a:b:c/>', '<xml:a/>', ' xml:lang="x"', ' xmlns:xml="u"', ' xmlns:xmlns="u"'],
);
const soup = fc.array(pieces, { maxLength: 24 }).map((list) => Buffer.from(list.join('')));
const almost = fc.array(pieces, { maxLength: 6 }).map((list) => Buffer.from(`<a>${list.join('')}</a>`));
const anything = fc.oneof(
  { arbitrary: damaged(documents), weight: 3 },
  { arbitrary: soup, weight: 1 },
  { arbitrary: almost, weight: 2 },
);

function isTaken(bytes: Uint8Array, reading?: XmlReading): boolean {
  try {
    readXml(bytes, reading);
    return true;
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return false;
  }
}

describe('documents of any kind bring out nothing but errors of ours, in bounded memory', () => {
  it('strictly and liberally, what is read strictly being read liberally too', () => {
    const property = fc.property(anything, (bytes) => {
      const isStrict = isTaken(bytes);
      const isLiberal = isTaken(bytes, { isLiberal: true });
      expect(isLiberal || !isStrict).toBe(true);
    });
    keepsLittle(() => fc.assert(property, { numRuns: inputsPerCodec, seed }));
  });

  it('however small the bounds are', () => {
    const bound = fc.integer({ min: 0, max: 6 });
    const bounds = fc.record({ maxDepth: bound, maxElements: bound, maxAttributes: bound });
    const property = fc.property(anything, bounds, (bytes, reading) => {
      if (isTaken(bytes, reading)) expect(isTaken(bytes)).toBe(true);
    });
    keepsLittle(() => fc.assert(property, { numRuns: percent(20), seed }));
  });
});

describeWith('xmllint')('xmllint', () => {
  /** Numbers of the documents of which it said anything, all looked at in one run of it. */
  function complained(list: readonly Uint8Array[]): ReadonlySet<number> {
    const folder = temporaryFolder();
    const names = list.map((bytes, index) => {
      writeFileSync(join(folder, `${index}.xml`), bytes);
      return `${index}.xml`;
    });
    // It ends with 1 as soon as one document is wrong: what it says of each is what counts.
    const script = 'xmllint --noout --nonet "$@" 2>&1 || true';
    const said = execFileSync('sh', ['-c', script, 'sh', ...names], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return new Set([...said.toString().matchAll(/^(\d+)\.xml:\d+: /gm)].map(([, index]) => Number(index)));
  }

  it('takes whatever is taken here, and what it takes is taken here but for DOCTYPEs and encodings', () => {
    const list = fc.sample(anything, { numRuns: percent(30), seed }).filter((bytes) => bytes.length > 0);
    const wrong = complained(list);
    const taken = list.map((bytes) => isTaken(bytes));
    const text = (index: number) => JSON.stringify(list[index]?.toString('utf8'));
    const tooMuch = [...taken.keys()].filter((index) => taken[index] === true && wrong.has(index));
    expect(tooMuch.map(text), `FUZZ_SEED=${seed}`).toEqual([]);
    const other = /<!DOCTYPE|^\ufeff|encoding|version|\0/; // behind a NUL libxml2 looks no further
    const tooLittle = [...taken.keys()].filter(
      (index) => taken[index] === false && !wrong.has(index) && !other.test(list[index]?.toString('utf8') ?? ''),
    );
    expect(tooLittle.map(text), `FUZZ_SEED=${seed}`).toEqual([]);
    expect(taken.filter(Boolean).length).toBeGreaterThan(list.length / 20);
  });
});
