import { expect, it } from 'vitest';
import { nearest } from '../../base/nearest.js';

const names = ['server', 'state', 'seed', 'serial', 'user', 'json', 'log-level', 'iPhone15,2', 'iPhone 14 Pro'];

it.each([
  ['sever', 'server'],
  ['sevrer', 'server'],
  ['STATE', 'state'],
  ['jsno', 'json'],
  ['loglevel', 'log-level'],
  ['iphone15.2', 'iPhone15,2'],
  ['iPhone 14 Prop', 'iPhone 14 Pro'],
  ['serial', 'serial'],
])('%s is taken for %s', (given, meant) => {
  expect(nearest(given, names)).toBe(meant);
});

it.each(['', 'x', 'platform', 'iPad', '__proto__', 'y'.repeat(100_000)])('%s is near to none', (given) => {
  expect(nearest(given, names)).toBeUndefined();
});

it('has nothing to choose from nothing', () => {
  expect(nearest('server', [])).toBeUndefined();
});
