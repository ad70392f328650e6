import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../rules', import.meta.url));

it.each(readdirSync(folder))(
  'rules/%s shows its rule over the wire: it imports vitest and test/support alone',
  (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const imported = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
      ([, one, other]) => one ?? other ?? '',
    );
    expect(imported).toContain('vitest');
    expect(imported.filter((each) => each !== 'vitest' && !each.startsWith('../support/'))).toEqual([]);
  },
);
