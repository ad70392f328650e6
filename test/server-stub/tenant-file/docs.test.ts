import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { platformNames } from '../../../protocol/vocabulary/names.js';
import { tenantJsonSchema } from '../../../server-stub/tenant-file/json-schema.js';
import { laterWords, unemulatedWords } from '../../../server-stub/tenant-file/later.js';
import { part, type SchemaPart, sectionsOf, table } from '../../support/key-tables.js';

const read = (file: string) => readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');

const schema = tenantJsonSchema();

const at = (from: SchemaPart, ...path: readonly (string | number)[]): SchemaPart =>
  path.reduce<SchemaPart>((here, key) => part(here[key]), from);

const list = (value: unknown): SchemaPart[] => (Array.isArray(value) ? value.map(part) : []);
const entries = list(at(schema, 'properties', 'profiles', 'items')['anyOf']);
const kindOf = (entry: SchemaPart) => (at(entry, 'properties')['kind'] as SchemaPart | undefined)?.['const'];

const kinds = entries.filter((entry) => kindOf(entry) !== undefined);
const former = part(entries.find((entry) => kindOf(entry) === undefined));
const ofKind = (kind: string) => part(kinds.find((entry) => kindOf(entry) === kind));
const sources = list(at(ofKind('certificate'), 'properties', 'source')['anyOf']).flatMap((option) =>
  'oneOf' in option ? list(option['oneOf']) : [option],
);

const ofEnrollment = at(schema, 'properties', 'enrollment', 'properties');

/** Each heading of docs/tenant.md, and the description of what stands below it. */
const sections: readonly (readonly [heading: string, of: SchemaPart])[] = [
  ['## The top of the file', schema],
  ['## settings', at(schema, 'properties', 'settings')],
  ['## pushCertificate', at(schema, 'properties', 'pushCertificate', 'anyOf', 1)],
  ['## enrollment', at(schema, 'properties', 'enrollment')],
  ['### minimumOs, minimumCompanyPortal', at(ofEnrollment, 'minimumOs')],
  ['### minimumOs, minimumCompanyPortal', at(ofEnrollment, 'minimumCompanyPortal')],
  ['### restrictions', at(ofEnrollment, 'restrictions', 'items')],
  ...platformNames.map(
    (name) => ['### ios, windows, android', at(ofEnrollment, 'restrictions', 'items', 'properties', name)] as const,
  ),
  ['## consents', at(schema, 'properties', 'consents')],
  ['## bms', at(schema, 'properties', 'bms')],
  ...[
    'groups',
    'users',
    'comanagement',
    'corporateDevices',
    'autopilot',
    'autopilotProfiles',
    'bulkTokens',
    'compliance',
  ].map((key) => [`## ${key}`, at(schema, 'properties', key, 'items')] as const),
  ['### assign', at(schema, 'properties', 'compliance', 'items', 'properties', 'assign', 'anyOf', 1)],
  ['### incoming, outgoing', at(ofKind('email'), 'properties', 'incoming')],
  ['### eap', at(ofKind('wifi'), 'properties', 'eap')],
  ['### passcode', at(ofKind('configuration'), 'properties', 'passcode')],
];

describe('docs/tenant.md', () => {
  const below = sectionsOf(read('tenant.md'));

  test.each(sections)('%s says each key, as the description does', (heading, of) => {
    expect(below(heading)).toContain(table(of));
  });

  test('says the keys that all profiles have once, and those of each kind', () => {
    const all = Object.keys(at(former, 'properties')).filter((key) => key !== 'profile');
    expect(below('### Every profile')).toContain(table(former, ['profile']));
    for (const entry of kinds) expect(below(`### ${kindOf(entry)}`)).toContain(table(entry, all));
  });

  test('says the keys of each source of a certificate', () => {
    for (const source of sources) expect(below('### source')).toContain(table(source));
  });

  test('names what has no effect yet, and what comes with a later version', () => {
    const rows = (of: object) =>
      Object.entries(of)
        .map(([key, what]) => `| \`${key}\` | ${what} |`)
        .join('\n');
    expect(below('## Words that are not emulated yet')).toContain(rows(unemulatedWords));
    expect(below('## Words that come with a later version')).toContain(rows(laterWords));
  });
});

describe('docs/schema/tenant.json', () => {
  test('is what the description says (vitest -u writes it anew)', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../../docs/schema/tenant.json');
  });

  test('refuses unknown words everywhere but in settings of a configuration', () => {
    const open: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { type, additionalProperties } = value as SchemaPart;
      if (type === 'object' && additionalProperties !== false) open.push(path.split('/').at(-1) ?? '');
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}/${key}`);
    };
    visit(schema, '');
    expect(new Set(open)).toEqual(new Set(['licences', 'settings']));
  });
});
