import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributeOf, textOf } from '../../../protocol/xml/element.js';
import { readXml } from '../../../protocol/xml/read.js';
import { escapeAttribute, escapeText } from '../../../protocol/xml/write.js';
import { seed } from '../../fuzz/law.js';
import { anyCharacter } from '../../support/characters.js';
import { judgeXml } from '../../support/judge-xml.js';
import { describeWith } from '../../support/programs.js';

const written = (text: string): Buffer => Buffer.from(`<a x="${escapeAttribute(text)}">${escapeText(text)}</a>`);

describe('what is escaped', () => {
  it('is what XML needs, and no more', () => {
    expect(escapeText(`<a href="x">'&'</a>`)).toBe(`&lt;a href="x"&gt;'&amp;'&lt;/a&gt;`);
    expect(escapeAttribute(`"<'&\n\t\r`)).toBe(`&quot;&lt;'&amp;&#10;&#9;&#13;`);
    expect(escapeText('a\tb\nc\rd')).toBe('a\tb\nc&#13;d');
    expect(escapeText('日本 😀')).toBe('日本 😀');
  });

  it('has U+FFFD where XML has no place for a character', () => {
    expect(escapeText('a\0b\u001fc\ufffed\ud800e')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde');
    expect(escapeAttribute('a\0b\udc00')).toBe('a\ufffdb\ufffd');
  });

  it('is read back as it was', () => {
    const property = fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), (text) => {
      const root = readXml(written(text));
      const kept = text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
      expect(textOf(root)).toBe(kept);
      expect(attributeOf(root, 'x')).toBe(kept);
    });
    fc.assert(property, { numRuns: 1_000, seed });
  });
});

describeWith('xmllint')('xmllint', () => {
  it('takes what was escaped', () => {
    const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
    judgeXml(written(`${all}\ud800\ufffe😀]]>`));
  });
});
