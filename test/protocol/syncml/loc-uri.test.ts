import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSegment, joinLocUri, locUriLimits, splitLocUri } from '../../../protocol/syncml/loc-uri.js';

describe('an address of a node', () => {
  it.each([
    ['./DevInfo/DevId', ['DevInfo', 'DevId']],
    ['./Vendor/MSFT/WiFi/Profile/Corp%20Net/WlanXml', ['Vendor', 'MSFT', 'WiFi', 'Profile', 'Corp Net', 'WlanXml']],
    ['./Vendor/MSFT/EMAIL2/%7B1%7D', ['Vendor', 'MSFT', 'EMAIL2', '{1}']],
    ['./Vendor/MSFT/EMAIL2/{1}', ['Vendor', 'MSFT', 'EMAIL2', '{1}']],
    ['./cimv2/MDM_X/MDM_X.Key=%221%22/Enabled', ['cimv2', 'MDM_X', 'MDM_X.Key="1"', 'Enabled']],
    ['./A/b%2Fc', ['A', 'b/c']],
    ['./A/Caf%C3%A9', ['A', 'Café']],
    ['./A/Café', ['A', 'Café']],
    ['DevInfo/DevId', ['DevInfo', 'DevId']],
    ['./A/...', ['A', '...']],
    ['./A/*b', ['A', '*b']],
    ['./', []],
    ['.', []],
  ])('%s is its decoded segments', (uri, segments) => {
    expect(splitLocUri(uri)).toEqual(segments);
  });

  it.each([
    ['a leading slash', '/Vendor/MSFT'],
    ['nothing at all', ''],
    ['a way up', './Vendor/../MSFT'],
    ['a way up in disguise', './Vendor/%2e%2E/MSFT'],
    ['a way nowhere', './Vendor/./MSFT'],
    ['an asterisk alone', './Vendor/*'],
    ['an empty segment', './Vendor//MSFT'],
    ['an empty segment at its end', './Vendor/MSFT/'],
    ['a control character', './Vendor/MS\nFT'],
    ['a control character in disguise', './Vendor/MS%00FT'],
    ['an escape that is none', './Vendor/100%'],
    ['an escape of one digit', './Vendor/%4'],
    ['an escape of no digits', './Vendor/%zz'],
    ['an escape that is no UTF-8', './Vendor/%C3%28'],
    ['half a surrogate pair', './Vendor/\ud800'],
    ['more segments than are read', `./${'a/'.repeat(locUriLimits.maxSegments)}a`],
    ['more characters than are read', `./${'a'.repeat(locUriLimits.maxLength)}`],
  ])('with %s is none', (_, uri) => {
    expect(splitLocUri(uri)).toBeUndefined();
  });

  it('is read up to its bounds', () => {
    expect(splitLocUri(`./${'a/'.repeat(locUriLimits.maxSegments - 1)}a`)).toHaveLength(locUriLimits.maxSegments);
    expect(splitLocUri(`./${'a'.repeat(locUriLimits.maxLength - 2)}`)).toHaveLength(1);
  });

  it('is written from the root, with all encoded that is not unreserved', () => {
    expect(joinLocUri(['Vendor', 'MSFT', 'EMAIL2', '{1-2}'])).toBe('./Vendor/MSFT/EMAIL2/%7B1-2%7D');
    expect(joinLocUri([])).toBe('.');
    expect(encodeSegment("a b/c%&(d)!*'e~._-é")).toBe('a%20b%2Fc%25%26%28d%29%21%2A%27e~._-%C3%A9');
    expect(encodeSegment('x\ud800')).toBe('x%EF%BF%BD');
  });

  it('that is written is read as what it was', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !/^(?:\.{1,2}|\*)$|[\0-\x1f\x7f-\x9f]/.test(text));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 8 }), (names) => {
        expect(splitLocUri(joinLocUri(names))).toEqual(names);
      }),
      { numRuns: 300 },
    );
  });
});
