import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const shared = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared');

/** Other people's bytes: `fixture('apple/x.plist')`. They lie beside the project, not in it. */
export const fixture = (name: string): Buffer => readFileSync(join(shared, 'fixtures', name));
export const fixtureNames = (folder: string): string[] =>
  existsSync(join(shared, 'fixtures', folder)) ? readdirSync(join(shared, 'fixtures', folder)).sort() : [];
export const hasFixtures = existsSync(join(shared, 'fixtures'));

/** Apple's own schema, by path below schema/apple: `schemaText('mdm/checkin/authenticate.yaml')`. */
export const schemaText = (name: string): string => readFileSync(join(shared, 'schema/apple', name), 'utf8');
export const schemaNames = (folder: string): string[] =>
  existsSync(join(shared, 'schema/apple', folder)) ? readdirSync(join(shared, 'schema/apple', folder)).sort() : [];
export const hasSchema = existsSync(join(shared, 'schema/apple'));

/** Skips the suite, by name, where the folder of fixtures is absent; CI always has it, so there it runs and fails. */
export const describeWithFixtures: typeof describe.skip =
  hasFixtures || process.env['CI'] === 'true' ? describe : describe.skip;
export const describeWithSchema: typeof describe.skip =
  hasSchema || process.env['CI'] === 'true' ? describe : describe.skip;
