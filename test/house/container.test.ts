// The container is built without Docker being at hand here: what its build is given must be what the build needs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './sources.js';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

it('the Dockerfile copies all that is compiled, and the program that compiles it', () => {
  const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  );
  const ignored = read('.dockerignore').split('\n');
  const needed = include.filter((name) => !ignored.includes(name.split('/')[0] ?? ''));
  expect(needed.length).toBeGreaterThan(6);
  expect(copied).toEqual(expect.arrayContaining([...needed, 'setup.mjs', 'package.json', 'package-lock.json']));
});
