import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import type { XmlElement } from '../../../protocol/xml/element.js';
import { withoutLongRuns } from '../../../protocol/xml/long-runs.js';
import { readXml } from '../../../protocol/xml/read.js';

const run = `${'QUJD'.repeat(40)}+/==`;
const read = (text: string): XmlElement => readXml(Buffer.from(text), { isLiberal: true });

describe('a long run of base64', () => {
  it('is read where it stands: text, CDATA, values in both quotes, namespaces; not in comments and instructions', () => {
    const text = `<a xmlns="${run}" x='${run}'><!--${run}--><?p >${run}<?>${run}<b y="${run}"/><![CDATA[>${run}<]]></a>`;
    expect(withoutLongRuns(text)?.text.length).toBeLessThan(text.length / 2);
    expect(read(text)).toEqual({
      name: 'a',
      namespace: run,
      attributes: [{ name: 'x', namespace: '', value: run }],
      children: [
        run,
        { name: 'b', namespace: run, attributes: [{ name: 'y', namespace: '', value: run }], children: [] },
        `>${run}<`,
      ],
    });
  });

  it('is not mixed up with a document that has such words of its own', () => {
    expect(read(`<a>${run}<b/>run0at0.<b/>run1at0.</a>`).children).toMatchObject([run, {}, 'run0at0.', {}, 'run1at0.']);
    const all = Array.from({ length: 100 }, (_, number) => `run${number}at0.`).join(' ');
    expect(read(`<a x="${all}">${run}</a>`).children).toEqual([run]);
  });

  it('leaves line and column of a mistake as they are', () => {
    const after = `<a>${run}<b></a>`;
    expect(() => read(after)).toThrow(new RegExp(`1:${after.length}: `));
  });

  it('is read as a short one is, and refused where that is', () => {
    const short = 'QUJD+/=='; // as long ones do, it has characters that no name has
    const pieces = fc.constantFrom(
      ...[
        '<a>',
        '</a>',
        '<b x="',
        '"/>',
        "<b x='",
        "'/>",
        '>',
        '<',
        '/>',
        '"',
        "'",
        '=',
        ' ',
        '&amp;',
        '<![CDATA[',
        ']]>',
      ],
      ...['<!--', '-->', '<?p ', '?>', '<b xmlns:p="', '"><p:c/></b>', '*', '*', '*', '*'],
    );
    const verdict = (text: string): unknown => {
      try {
        return read(text);
      } catch (error) {
        if (!isRollcallError(error)) throw error;
        return error.code;
      }
    };
    const soup = fc.array(pieces, { maxLength: 12 }).map((list) => `<r>${list.join('')}</r>`);
    fc.assert(
      fc.property(soup, (text) => {
        const long = JSON.stringify(verdict(text.replaceAll('*', run))).replaceAll(run, short);
        expect(long).toBe(JSON.stringify(verdict(text.replaceAll('*', short))));
      }),
      { numRuns: 2000 },
    );
  });
});
