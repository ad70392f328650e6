import { expect, it } from 'vitest';
import { isAmong, isCommon, matches } from '../../../../agent/io/tls/names.js';

it.each([
  ['mdm.example.com', 'mdm.example.com', true],
  ['MDM.Example.com', 'mdm.eXample.COM', true],
  ['mdm.example.com.', 'mdm.example.com', true],
  ['mdm.example.com', '*.example.com', true],
  ['mdm.example.com.', '*.example.com', true],
  ['a.b.example.com', '*.example.com', false],
  ['example.com', '*.example.com', false],
  ['example.com', '*.com', false],
  ['localhost', '*', false],
  ['mdm.example.com', 'mdm.*.com', false],
  ['mdm.example.com', 'm*.example.com', false],
  ['mdm.example.com', '*m.example.com', false],
  ['*m.example.com', '*m.example.com', false],
  ['mdm.example.com', '*.*.com', false],
  ['mdm.example.com', 'example.com', false],
  ['mdm.example.com', 'mdm.example.com.', false],
  ['mdm.example.com', '', false],
])('%s and %s: %s', (host, pattern, expected) => expect(matches(host, pattern)).toBe(expected));

it('an address is looked for among addresses alone, however it is written', () => {
  const names = { dns: ['127.0.0.1', '*.0.0.1'], addresses: ['10.0.0.1', '2001:db8::1'], common: '127.0.0.1' };
  expect(isAmong('127.0.0.1', names)).toBe(false);
  expect(isAmong('10.0.0.1', names)).toBe(true);
  expect(isAmong('2001:0DB8:0:0::0001', names)).toBe(true);
  expect(isAmong('2001:db8::2', names)).toBe(false);
});

it('the common name is looked at only where there is no alternative name', () => {
  expect(isCommon('a.test', { dns: [], addresses: [], common: 'A.test' })).toBe(true);
  expect(isCommon('a.test', { dns: ['b.test'], addresses: [], common: 'a.test' })).toBe(false);
});
