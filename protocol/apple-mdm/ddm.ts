// Declarative management: what travels inside DeclarativeManagement check-ins (specs/apple.md §1.11, declarative/protocol).

import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { type JsonObject, jsonLimits, Members, readJsonObject } from '../../base/json.js';
import { protocolError, refuseWith } from '../errors.js';

export const declarationKinds = ['activation', 'configuration', 'asset', 'management'] as const;
export type DeclarationKind = (typeof declarationKinds)[number];

export interface TokensResponse {
  readonly SyncTokens: {
    /** RFC 3339. */
    readonly Timestamp: string;
    readonly DeclarationsToken: string;
  };
}

export interface DeclarationItem {
  readonly Identifier: string;
  readonly ServerToken: string;
}

export interface DeclarationItemsResponse {
  readonly Declarations: {
    readonly Activations: readonly DeclarationItem[];
    readonly Configurations: readonly DeclarationItem[];
    readonly Assets: readonly DeclarationItem[];
    readonly Management: readonly DeclarationItem[];
  };
  readonly DeclarationsToken: string;
}

export interface Declaration extends DeclarationItem {
  readonly Type: string;
  readonly Payload: JsonObject;
}

/** The manifest's name for each kind. */
export const manifestKeys = {
  activation: 'Activations',
  configuration: 'Configurations',
  asset: 'Assets',
  management: 'Management',
} as const satisfies Record<DeclarationKind, keyof DeclarationItemsResponse['Declarations']>;

export type Endpoint =
  | { readonly kind: 'tokens' | 'declaration-items' | 'status' }
  | { readonly kind: 'declaration'; readonly of: DeclarationKind; readonly identifier: string };

// Apple: Identifier and ServerToken should not exceed 64 octets (declarationbase.yaml).
const maxOctets = 64;
const maxTokenOctets = 1024;

/** True for what may name a declaration: 1 to 64 octets, no control characters, and no way out of a folder. */
export function isDeclarationIdentifier(text: string): boolean {
  return isToken(text, maxOctets) && !text.split(/[/\\]/).some((part) => part === '.' || part === '..');
}

function isToken(text: string, octets: number): boolean {
  return text.length > 0 && Buffer.byteLength(text) <= octets && !/[\x00-\x1f\x7f\p{Surrogate}]/u.test(text);
}

/** Reads an Endpoint. Throws DDM_MALFORMED for one that is unknown or whose identifier is not one. */
export function parseEndpoint(text: string): Endpoint {
  if (text === 'tokens' || text === 'declaration-items' || text === 'status') return { kind: text };
  const parts = text.split('/');
  const of = declarationKinds.find((kind) => kind === parts[1]);
  if (parts.length !== 3 || parts[0] !== 'declaration' || of === undefined) throw unknownEndpoint(text);
  let identifier: string;
  try {
    identifier = decodeURIComponent(parts[2] ?? '');
  } catch (cause) {
    throw unknownEndpoint(text, cause);
  }
  if (!isDeclarationIdentifier(identifier)) throw unknownEndpoint(text);
  return { kind: 'declaration', of, identifier };
}

/** Writes an Endpoint. Throws DDM_MALFORMED for an identifier that may not be one. */
export function buildEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind !== 'declaration') return endpoint.kind;
  if (!isDeclarationIdentifier(endpoint.identifier)) throw unknownEndpoint(endpoint.identifier);
  return `declaration/${endpoint.of}/${encodeURIComponent(endpoint.identifier)}`;
}

function unknownEndpoint(text: string, cause?: unknown): RollcallError {
  return protocolError('DDM_MALFORMED', `"${text.slice(0, 100)}" is no endpoint`, {
    cause,
    details: { at: 'Endpoint' },
  });
}

/** The kind that a declaration's Type belongs to: `com.apple.configuration.x` is a configuration. */
export function kindOfType(type: string): DeclarationKind | undefined {
  return declarationKinds.find((kind) => type.startsWith(`com.apple.${kind}.`));
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Reads the answer to `tokens`, or the Data of a DeclarativeManagement command. Throws DDM_MALFORMED. */
export function readTokens(bytes: Uint8Array): TokensResponse {
  const tokens = members(bytes, 'tokens').inside('SyncTokens');
  const Timestamp = tokens.string('Timestamp');
  if (!rfc3339.test(Timestamp) || Number.isNaN(Date.parse(Timestamp)))
    throw tokens.wrong('Timestamp', 'is not RFC 3339');
  return { SyncTokens: { Timestamp, DeclarationsToken: token(tokens, 'DeclarationsToken', maxTokenOctets) } };
}

const listHint =
  'Apple requires all four lists, [] where one is empty: otherwise a device takes none. Go writes null for a nil slice.';

function items(from: Members, key: keyof DeclarationItemsResponse['Declarations']): DeclarationItem[] {
  try {
    return from.objects(key).map(readItem);
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw protocolError('DDM_MALFORMED', cause.message, { cause, details: cause.details, hint: listHint });
  }
}

/** Reads the answer to `declaration-items`. Throws DDM_MALFORMED. */
export function readDeclarationItems(bytes: Uint8Array): DeclarationItemsResponse {
  const from = members(bytes, 'declaration-items');
  const declarations = from.inside('Declarations');
  return {
    Declarations: {
      Activations: items(declarations, 'Activations'),
      Configurations: items(declarations, 'Configurations'),
      Assets: items(declarations, 'Assets'),
      Management: items(declarations, 'Management'),
    },
    DeclarationsToken: token(from, 'DeclarationsToken', maxTokenOctets),
  };
}

/** Reads one declaration. Throws DDM_MALFORMED. */
export function readDeclaration(bytes: Uint8Array): Declaration {
  const from = members(bytes, 'declaration');
  return { Type: token(from, 'Type', maxTokenOctets), ...readItem(from), Payload: from.object('Payload') };
}

function readItem(from: Members): DeclarationItem {
  const Identifier = from.string('Identifier');
  if (!isDeclarationIdentifier(Identifier))
    throw from.wrong('Identifier', 'is empty, longer than 64 octets or not plain');
  return { Identifier, ServerToken: token(from, 'ServerToken', maxOctets) };
}

function token(from: Members, key: string, octets: number): string {
  const value = from.string(key);
  if (!isToken(value, octets)) throw from.wrong(key, `is empty, longer than ${octets} octets or not plain`);
  return value;
}

/** Without its byte order mark: Foundation's JSONSerialization reads UTF-8 and UTF-16 that begin with one. */
function asUtf8(bytes: Uint8Array): Uint8Array {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return bytes.subarray(3);
  if (bytes.length % 2 === 1 || bytes.length > jsonLimits.maxBytes) return bytes;
  const text = Buffer.from(bytes);
  if (first === 0xfe && second === 0xff) text.swap16();
  else if (first !== 0xff || second !== 0xfe) return bytes;
  return Buffer.from(text.subarray(2).toString('utf16le'), 'utf8');
}

function members(bytes: Uint8Array, what: string): Members {
  return new Members(
    readJsonObject(asUtf8(bytes), what, refuseWith('DDM_MALFORMED')),
    what,
    refuseWith('DDM_MALFORMED'),
  );
}

/** Writes a response or a declaration as JSON; what it writes its reader reads. */
export function encodeDdm(value: TokensResponse | DeclarationItemsResponse | Declaration): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
