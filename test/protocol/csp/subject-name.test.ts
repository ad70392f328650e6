import { describe, expect, it } from 'vitest';
import { readSubjectName } from '../../../protocol/csp/subject-name.js';
import type { Rdn } from '../../../protocol/x509/name.js';

describe('a subject as CertStrToName takes it', () => {
  it.each<[string, readonly Rdn[]]>([
    ['CN=device', [[['CN', 'device']]]],
    [' cn = device 1 ,O=Contoso ', [[['CN', 'device 1']], [['O', 'Contoso']]]],
    ['O=Contoso; S=WA\nC=US', [[['O', 'Contoso']], [['ST', 'WA']], [['C', 'US']]]],
    [
      'CN=a+OU=b, O=c',
      [
        [
          ['CN', 'a'],
          ['OU', 'b'],
        ],
        [['O', 'c']],
      ],
    ],
    ['CN="a, ""b"" + c", E=x@y.example', [[['CN', 'a, "b" + c']], [['emailAddress', 'x@y.example']]]],
    ['OID.1.2.3.4=x,2.5.4.3=y', [[['1.2.3.4', 'x']], [['2.5.4.3', 'y']]]],
    ['CN=', [[['CN', '']]]],
    ['CN=a=b'.replace('a=b', '"a=b"'), [[['CN', 'a=b']]]],
  ])('reads %j', (text, name) => {
    expect(readSubjectName(text)).toEqual(name);
  });

  it.each([
    '',
    'device',
    'CN',
    '=x',
    'CN=a"b"',
    'CN="a',
    'COLOUR=red',
    'constructor=x',
    '1.2.3.x=y',
    'CN=x,,OU=y',
    `CN=${'x'.repeat(5000)}`,
    Array(102).fill('CN=x').join(','),
  ])('refuses %j', (text) => {
    expect(() => readSubjectName(text)).toThrow(expect.objectContaining({ code: 'CSP_MALFORMED' }));
  });

  it('is done at once with what was made to take long', () => {
    for (const hostile of [' '.repeat(4096), `CN=${' '.repeat(4000)}"`, `CN="${'"'.repeat(4000)}`, 'CN=a+'.repeat(800)])
      expect(() => readSubjectName(hostile)).toThrow(expect.objectContaining({ code: 'CSP_MALFORMED' }));
  });
});
