import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeIf, has, needing } from './outside.js';

const shared = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared');

/** Other people's bytes: `fixture('apple/x.plist')`. They lie beside the project, not in it. */
export const fixture = (name: string): Buffer => readFileSync(join(shared, 'fixtures', name));
export const fixtureNames = (folder: string): string[] =>
  existsSync(join(shared, 'fixtures', folder)) ? readdirSync(join(shared, 'fixtures', folder)).sort() : [];
/** False where they are absent; a test that asks counts as not judged in full then. */
export const hasFixtures = (): boolean => has('../shared/fixtures');

/** Apple's own schema, by path below schema/apple: `schemaText('mdm/checkin/authenticate.yaml')`. */
export const schemaText = (name: string): string => readFileSync(join(shared, 'schema/apple', name), 'utf8');
export const schemaNames = (folder: string): string[] =>
  existsSync(join(shared, 'schema/apple', folder)) ? readdirSync(join(shared, 'schema/apple', folder)).sort() : [];
/** False where it is absent; a test that asks counts as not judged in full then. */
export const hasSchema = (): boolean => has('../shared/schema');

/** Suites that are skipped by name, and counted, where the folder is absent. */
export const describeWithFixtures = describeIf(hasFixtures(), '../shared/fixtures');
export const describeWithSchema = describeIf(hasSchema(), '../shared/schema');

/** The same for one test: `it(name, withSchema, ...)`. */
export const withFixtures = needing(hasFixtures(), '../shared/fixtures');
export const withSchema = needing(hasSchema(), '../shared/schema');
