import { expect, it } from 'vitest';
import { remember, type Seen } from '../../../../agent/io/tls/server-judge.js';

it('what servers were found is kept of the thousand that were met last', () => {
  const seen: Seen = new Map();
  const met = (port: number) =>
    remember(seen, `mdm.test:${port}`, {
      origin: `https://mdm.test:${port}`,
      fingerprint: '',
      finding: { lives: [], broken: [] },
    });
  for (let port = 1; port <= 1000; port++) met(port);
  met(1);
  met(1001);
  expect(seen.size).toBe(1000);
  expect([1, 2, 3, 1001].map((port) => seen.has(`mdm.test:${port}`))).toEqual([true, false, true, true]);
});
