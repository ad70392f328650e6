import { expect, it } from 'vitest';
import { standsIn, Template, textsIn } from '../../base/template.js';

it('short words are found where they stand alone, long ones and bytes anywhere, in keys too', () => {
  const der = Uint8Array.of(1, 2, 3);
  const example = { key: 'ann, not anne', C02ABCDEFGHI: ['xC02ABCDEFGHIx', der, 7, undefined] };
  const template = new Template(example, [{ word: 'ann' }, { word: 'C02ABCDEFGHI' }, { word: der }]);
  expect(template.fill(['bob', 'C02ZZZZZZZZZ', Uint8Array.of(4)])).toEqual({
    key: 'bob, not anne',
    C02ZZZZZZZZZ: ['xC02ZZZZZZZZZx', Uint8Array.of(4), 7, undefined],
  });
});

it('a name that is the name of a field too is found in values only', () => {
  const template = new Template({ user: 'for user', path: { 'a/user': 'user' } }, [{ word: 'user', isValue: true }]);
  expect(template.fill(['bob'])).toEqual({ user: 'for bob', path: { 'a/user': 'bob' } });
});

it('words with characters of patterns are themselves', () => {
  const template = new Template(['a.b+c', 'aXb+c', '$&'], [{ word: 'a.b+c' }, { word: '$&', isWhole: true }]);
  expect(template.fill(['$1', '$2'])).toEqual(['$1', 'aXb+c', '$2']);
});

it('says whether a word would be found in a text', () => {
  expect(['ann', 'anne', 'an', ''].map((word) => standsIn('to anne, ann', word))).toEqual([true, true, false, false]);
  expect([...textsIn({ a: ['b', new Uint8Array(3)], c: { d: 1 } })]).toEqual(['a', 'b', 'c', 'd']);
});
