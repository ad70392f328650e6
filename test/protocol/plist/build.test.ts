import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPlist, escapeXml, plistFragment, plistHead, plistTail } from '../../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../../protocol/plist/build-binary.js';
import { parsePlist } from '../../../protocol/plist/parse.js';
import { dict, PlistReal, type PlistValue } from '../../../protocol/plist/value.js';
import { anyCharacter } from '../../support/characters.js';
import { plistValue } from './arbitrary.js';

const refusedWith = (code: string) => expect.objectContaining({ code });

describe('a property list that is built', () => {
  it('has Apple’s form: header, tabs, empty elements, base64 in lines', () => {
    const value = dict({
      Text: 'a < b & c > d',
      Nothing: undefined,
      Empty: [dict({}), [], '', Buffer.alloc(0)],
      Data: Buffer.alloc(60, 0xff),
      Numbers: [1, -2, 2n ** 64n - 1n, new PlistReal(1), new PlistReal(0.25)],
      When: new Date('2026-01-31T12:00:00.999Z'),
      Yes: true,
      No: false,
    });
    expect(buildPlist(value).toString()).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Text</key>
	<string>a &lt; b &amp; c &gt; d</string>
	<key>Empty</key>
	<array>
		<dict/>
		<array/>
		<string></string>
		<data>
		</data>
	</array>
	<key>Data</key>
	<data>
	${'/'.repeat(68)}
	${'/'.repeat(12)}
	</data>
	<key>Numbers</key>
	<array>
		<integer>1</integer>
		<integer>-2</integer>
		<integer>18446744073709551615</integer>
		<real>1</real>
		<real>0.25</real>
	</array>
	<key>When</key>
	<date>2026-01-31T12:00:00Z</date>
	<key>Yes</key>
	<true/>
	<key>No</key>
	<false/>
</dict>
</plist>
`);
  });

  it('gives the same value when it is read, as XML and as binary', () => {
    fc.assert(
      fc.property(plistValue, (value) => {
        expect(parsePlist(buildPlist(value))).toStrictEqual(value);
        expect(parsePlist(buildBinaryPlist(value))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps what is easily lost: carriage returns, minus zero, nan, infinity, a key __proto__', () => {
    const odd = dict({
      text: '\r\n\r',
      reals: [-0, Number.NaN, -Infinity, Infinity, 5e-324].map((n) => new PlistReal(n)),
    });
    Object.defineProperty(odd, '__proto__', { value: dict({ a: 1 }), enumerable: true });
    expect(parsePlist(buildPlist(odd))).toStrictEqual(odd);
    expect(parsePlist(buildBinaryPlist(odd))).toStrictEqual(odd);
  });

  it.each<[string, PlistValue, string]>([
    ['a fraction that is no PlistReal', 1.5, 'PLIST_MALFORMED'],
    ['a number that is not exact', 2 ** 53, 'PLIST_MALFORMED'],
    ['nan that is no PlistReal', Number.NaN, 'PLIST_MALFORMED'],
    ['an integer beyond 64 bits', 2n ** 64n, 'PLIST_MALFORMED'],
    ['an integer below 64 bits', -(2n ** 63n) - 1n, 'PLIST_MALFORMED'],
    ['a date that is none', new Date(Number.NaN), 'PLIST_MALFORMED'],
  ])('refuses %s', (_name, value, code) => {
    expect(() => buildPlist(value)).toThrow(refusedWith(code));
    expect(() => buildBinaryPlist(value)).toThrow(refusedWith(code));
  });

  it('says years that are not of four digits as CoreFoundation reads them', () => {
    const [late, early] = [new Date(Date.UTC(12026, 0, 2)), new Date(-62_198_755_200_000)];
    expect(buildPlist(late).toString()).toContain('<date>12026-01-02T00:00:00Z</date>');
    expect(buildPlist(early).toString()).toContain('<date>-0001-01-01T00:00:00Z</date>');
    for (const date of [late, early]) {
      expect(parsePlist(buildPlist(date))).toStrictEqual(date);
      expect(parsePlist(buildBinaryPlist(date))).toStrictEqual(date);
    }
  });

  it('refuses a value that holds itself', () => {
    const own: PlistValue[] = [];
    own.push(own);
    expect(() => buildPlist(own)).toThrow(refusedWith('PLIST_LIMIT'));
    expect(() => buildBinaryPlist(own)).toThrow(refusedWith('PLIST_LIMIT'));
  });
});

describe('a template', () => {
  it('is made of fragments between head and tail', () => {
    const text = `${plistHead}<dict>\n\t<key>Status</key>\n${plistFragment('Idle', 1)}</dict>\n${plistTail}`;
    expect(Buffer.from(text)).toEqual(buildPlist(dict({ Status: 'Idle' })));
  });

  it('says a character XML has no form for as U+FFFD, and never fails', () => {
    expect(escapeXml('a\0b\x1bc\ud800d\uffff')).toBe('a\ufffdb\ufffdc\ufffdd\ufffd');
    expect(escapeXml('tab\tline\nreturn\r😀"\'')).toBe('tab\tline\nreturn&#13;😀"\'');
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), fc.array(fc.integer({ min: 0, max: 0xffff })), (text, units) => {
        const any = text + String.fromCharCode(...units);
        const read = parsePlist(Buffer.from(`<plist><string>${escapeXml(any)}</string></plist>`));
        expect(read).toBe(any.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd'));
      }),
    );
  });
});
