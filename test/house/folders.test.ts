import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, shippedSources } from './sources.js';

const sources = shippedSources().map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

it('folders are made by base/folders.ts alone: Node’s recursive mkdir never returns below /proc', () => {
  expect(sources.length).toBeGreaterThan(200);
  const makers = sources.filter(({ text }) => /\bmkdir(?:Sync)?\b/.test(text)).map(({ file }) => file);
  expect(makers).toEqual(['base/folders.ts']);
  const [maker] = sources.filter(({ file }) => file === 'base/folders.ts');
  expect(maker?.text).not.toMatch(/recursive:/);
});
