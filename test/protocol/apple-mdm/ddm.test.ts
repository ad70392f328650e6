import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildEndpoint,
  type Declaration,
  type DeclarationItemsResponse,
  declarationKinds,
  type Endpoint,
  encodeDdm,
  isDeclarationIdentifier,
  kindOfType,
  parseEndpoint,
  readDeclaration,
  readDeclarationItems,
  readTokens,
} from '../../../protocol/apple-mdm/ddm.js';
import { judgeDdm, judgeDeclaration } from '../../support/apple-schema.js';
import { anyCharacter } from '../../support/characters.js';
import { describeWithSchema } from '../../support/shared.js';
import { errorOf } from './captures.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const tokens = { SyncTokens: { Timestamp: '2026-11-21T09:30:00Z', DeclarationsToken: 'v1' } };
const items: DeclarationItemsResponse = {
  Declarations: {
    Activations: [{ Identifier: 'org.example.act', ServerToken: '1' }],
    Configurations: [{ Identifier: 'EB13EE2B-5D63-4EBA-810F-5B81D07F5017', ServerToken: 'abc' }],
    Assets: [],
    Management: [],
  },
  DeclarationsToken: 'v1',
};
const declaration: Declaration = {
  Type: 'com.apple.configuration.management.test',
  Identifier: 'EB13EE2B-5D63-4EBA-810F-5B81D07F5017',
  ServerToken: 'abc',
  Payload: { Echo: 'hello', ReturnStatus: 'Installed' },
};

describe('declarative management', () => {
  test('each message is read as it was written', () => {
    expect(readTokens(encodeDdm(tokens))).toEqual(tokens);
    expect(readDeclarationItems(encodeDdm(items))).toEqual(items);
    expect(readDeclaration(encodeDdm(declaration))).toEqual(declaration);
  });

  test('a timestamp with fractions and an offset is one', () => {
    const SyncTokens = { Timestamp: '2026-11-21T09:30:00.123+02:00', DeclarationsToken: 'v' };
    expect(readTokens(json({ SyncTokens }))).toEqual({ SyncTokens });
  });

  test('a byte order mark is passed over, and UTF-16 that begins with one is read, as by JSONSerialization', () => {
    const text = '{"Type":"t","Identifier":"ü","ServerToken":"s","Payload":{"Echo":"☕"}}';
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [Buffer.from(`\ufeff${text}`), little, Buffer.from(little).swap16()])
      expect(readDeclaration(bytes)).toMatchObject({ Identifier: 'ü', Payload: { Echo: '☕' } });
    for (const bytes of [little.subarray(0, -1), Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff, 0xd8, 0x00])])
      expect(() => readDeclaration(bytes)).toThrow(/declaration/);
  });

  test('the kind of a declaration follows from its Type', () => {
    expect(kindOfType('com.apple.configuration.passcode.settings')).toBe('configuration');
    expect(kindOfType('com.apple.activation.simple')).toBe('activation');
    expect(kindOfType('com.apple.asset.data')).toBe('asset');
    expect(kindOfType('com.apple.management.organization-info')).toBe('management');
    expect(kindOfType('org.example.configuration.x')).toBeUndefined();
  });

  test('a payload may have any keys, even __proto__', () => {
    const bytes = Buffer.from(
      '{"Type":"t","Identifier":"i","ServerToken":"s","Payload":{"__proto__":{"isAdmin":true}}}',
    );
    const { Payload } = readDeclaration(bytes);
    expect(Object.keys(Payload)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });
});

describe('an endpoint', () => {
  test.each<Endpoint>([
    { kind: 'tokens' },
    { kind: 'declaration-items' },
    { kind: 'status' },
    ...declarationKinds.map((of) => ({ kind: 'declaration', of, identifier: 'org.example.one' }) as const),
    { kind: 'declaration', of: 'configuration', identifier: 'a b/ü%2F?#' },
  ])('$kind $of $identifier is parsed as it was built', (endpoint) => {
    expect(parseEndpoint(buildEndpoint(endpoint))).toEqual(endpoint);
  });

  test('writes a plain identifier plainly and anything else in percent signs', () => {
    const of = 'asset';
    expect(buildEndpoint({ kind: 'declaration', of, identifier: 'org.example.A-1' })).toBe(
      'declaration/asset/org.example.A-1',
    );
    expect(buildEndpoint({ kind: 'declaration', of, identifier: 'a/b' })).toBe('declaration/asset/a%2Fb');
  });

  test.each([
    '',
    'Tokens',
    'tokens/',
    '/tokens',
    'declaration',
    'declaration/configuration',
    'declaration/configuration/',
    'declaration/profile/x',
    'declaration/constructor/x',
    'declaration/configuration/a/b',
    'declaration/configuration/..',
    'declaration/configuration/.',
    'declaration/configuration/%2e%2e',
    'declaration/configuration/%2E%2E%2Fsecret',
    'declaration/configuration/a%2F..%2Fb',
    'declaration/configuration/a%5C..',
    'declaration/configuration/%00',
    'declaration/configuration/a%0d%0ab',
    'declaration/configuration/%',
    'declaration/configuration/%ff',
    `declaration/configuration/${'x'.repeat(65)}`,
    'https://example.org/tokens',
  ])('"%s" is none', (text) => {
    expect(errorOf(() => parseEndpoint(text)).code).toBe('DDM_MALFORMED');
  });

  test('of a name that leads elsewhere cannot be built', () => {
    for (const identifier of ['', '..', '../x', 'a\\..\\b', 'x'.repeat(65), 'é'.repeat(33), 'a\nb', '\ud800']) {
      expect(isDeclarationIdentifier(identifier)).toBe(false);
      const endpoint: Endpoint = { kind: 'declaration', of: 'asset', identifier };
      expect(errorOf(() => buildEndpoint(endpoint)).code).toBe('DDM_MALFORMED');
    }
  });

  test('of any permitted name is parsed as it was built', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, maxLength: 30 }),
        fc.constantFrom(...declarationKinds),
        (identifier, of) => {
          fc.pre(isDeclarationIdentifier(identifier));
          const endpoint: Endpoint = { kind: 'declaration', of, identifier };
          expect(parseEndpoint(buildEndpoint(endpoint))).toEqual(endpoint);
        },
      ),
    );
  });
});

describe('a message of declarative management is refused', () => {
  const list = items.Declarations;
  const withItem = (item: unknown) => ({ ...items, Declarations: { ...list, Assets: [item] } });

  test.each<[string, (bytes: Uint8Array) => unknown, unknown, string]>([
    ['tokens without SyncTokens', readTokens, {}, 'tokens/SyncTokens'],
    ['tokens in a list', readTokens, { SyncTokens: [tokens.SyncTokens] }, 'tokens/SyncTokens'],
    [
      'a timestamp that is a number',
      readTokens,
      { SyncTokens: { Timestamp: 1, DeclarationsToken: 'v' } },
      'tokens/SyncTokens/Timestamp',
    ],
    [
      'a timestamp of no calendar',
      readTokens,
      { SyncTokens: { Timestamp: '2026-13-01T00:00:00Z', DeclarationsToken: 'v' } },
      'tokens/SyncTokens/Timestamp',
    ],
    [
      'an empty DeclarationsToken',
      readTokens,
      { SyncTokens: { ...tokens.SyncTokens, DeclarationsToken: '' } },
      'tokens/SyncTokens/DeclarationsToken',
    ],
    [
      'a manifest without Management',
      readDeclarationItems,
      { ...items, Declarations: { ...list, Management: undefined } },
      'declaration-items/Declarations/Management',
    ],
    [
      'a manifest with null for a list',
      readDeclarationItems,
      { ...items, Declarations: { ...list, Assets: null } },
      'declaration-items/Declarations/Assets',
    ],
    ['a manifest without a token', readDeclarationItems, { Declarations: list }, 'declaration-items/DeclarationsToken'],
    ['an item that is a string', readDeclarationItems, withItem('x'), 'declaration-items/Declarations/Assets/0'],
    [
      'an item without a ServerToken',
      readDeclarationItems,
      withItem({ Identifier: 'x' }),
      'declaration-items/Declarations/Assets/0/ServerToken',
    ],
    [
      'an identifier of 65 octets',
      readDeclarationItems,
      withItem({ Identifier: 'x'.repeat(65), ServerToken: '1' }),
      'declaration-items/Declarations/Assets/0/Identifier',
    ],
    [
      'an identifier that climbs',
      readDeclarationItems,
      withItem({ Identifier: '../x', ServerToken: '1' }),
      'declaration-items/Declarations/Assets/0/Identifier',
    ],
    [
      'a ServerToken of 65 octets',
      readDeclaration,
      { ...declaration, ServerToken: 'x'.repeat(65) },
      'declaration/ServerToken',
    ],
    ['a declaration without Payload', readDeclaration, { ...declaration, Payload: undefined }, 'declaration/Payload'],
    ['a Payload that is a list', readDeclaration, { ...declaration, Payload: [] }, 'declaration/Payload'],
    ['a Type that is a number', readDeclaration, { ...declaration, Type: 1 }, 'declaration/Type'],
  ])('with %s', (_, read, message, at) => {
    expect(errorOf(() => read(json(message)))).toMatchObject({ code: 'DDM_MALFORMED', details: { at } });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['half an object', Buffer.from('{"SyncTokens":{')],
    ['two objects', Buffer.from('{}{}')],
    ['a property list', Buffer.from('<plist/>')],
    ['what is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['over a mebibyte', Buffer.from(`{"a":"${'x'.repeat(1024 * 1024)}"}`)],
    ['a tower of lists', Buffer.from(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
    ['a tower behind a string of brackets and quotes', Buffer.from(`{"]}\\"]":${'['.repeat(65)}${']'.repeat(65)}}`)],
  ])('when it holds %s', (_, bytes) => {
    for (const read of [readTokens, readDeclarationItems, readDeclaration]) {
      expect(errorOf(() => read(bytes)).code).toBe('DDM_MALFORMED');
    }
  });

  test('but not for brackets inside a string', () => {
    const Payload = { text: `${'['.repeat(1000)}\\"${'{'.repeat(1000)}` };
    expect(readDeclaration(json({ ...declaration, Payload })).Payload).toEqual(Payload);
  });
});

describeWithSchema("declarative management by Apple's schema", () => {
  test('what we write has no problem', () => {
    expect(judgeDdm('TokensResponse', JSON.parse(encodeDdm(tokens).toString()))).toEqual([]);
    expect(judgeDdm('DeclarationItemsResponse', JSON.parse(encodeDdm(items).toString()))).toEqual([]);
    expect(judgeDdm('Declaration', JSON.parse(encodeDdm(declaration).toString()))).toEqual([]);
    expect(judgeDeclaration(declaration.Type, declaration.Payload)).toEqual([]);
  });
});
