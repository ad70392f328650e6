import { readdirSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** What the package ships, below the root. */
export const shippedSources = (): string[] =>
  ['cli.ts', 'main.ts', 'index.ts', ...['base', 'protocol', 'agent', 'server-stub', 'fleet'].flatMap(sourcesIn)].sort();

const sourcesIn = (room: string): string[] =>
  readdirSync(resolve(root, room), { withFileTypes: true, recursive: true }).flatMap((entry) =>
    entry.isFile() && entry.name.endsWith('.ts') ? [relative(root, resolve(entry.parentPath, entry.name))] : [],
  );
