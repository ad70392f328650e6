import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../stories', import.meta.url));
const typesOfTheDoor = /^import type \{[^}]*\} from '\.\.\/\.\.\/index\.js';$/m;

it.each(readdirSync(folder))(
  'stories/%s is told over the wire: it imports vitest, test/support, and types of the library’s door alone',
  (name) => {
    const text = readFileSync(join(folder, name), 'utf8').replace(typesOfTheDoor, '');
    const imported = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
      ([, one, other]) => one ?? other ?? '',
    );
    expect(imported).toContain('vitest');
    expect(imported.filter((each) => each !== 'vitest' && !each.startsWith('../support/'))).toEqual([]);
  },
);
