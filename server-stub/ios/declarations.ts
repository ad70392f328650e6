// Declarative management, the server's side (specs/apple.md §1.11): one set of declarations for all devices of the tenant.
import { hash } from 'node:crypto';
import {
  type Declaration,
  type DeclarationItem,
  type DeclarationItemsResponse,
  encodeDdm,
  isDeclarationIdentifier,
  kindOfType,
  manifestKeys,
  parseEndpoint,
} from '../../protocol/apple-mdm/ddm.js';
import { readStatusReport, type StatusReport } from '../../protocol/apple-mdm/ddm-status.js';
import type { Clock } from '../clock.js';
import { stubError } from '../errors.js';

/** A declaration without its ServerToken: that follows from the rest. */
export type DeclarationToSet = Omit<Declaration, 'ServerToken'>;

export interface Declarations {
  /** Replaces all declarations. Throws REQUEST_INVALID and changes nothing when one of them is wrong. */
  set(declarations: readonly DeclarationToSet[]): void;
  list(): readonly Declaration[];
  /** The answer to a DeclarativeManagement check-in; undefined where the declaration is not there (404). Throws DDM_MALFORMED. */
  answer(deviceId: string, endpoint: string, data: Uint8Array | undefined): Buffer | undefined;
  /** The last status report of a device. */
  status(deviceId: string): StatusReport | undefined;
  forget(deviceId: string): void;
}

const maxDeclarations = 1000;

export function createDeclarations(clock: Clock): Declarations {
  let declarations = new Map<string, Declaration>();
  let changedAt = new Date(clock.now());
  let token = tokenOf([]);
  const reports = new Map<string, StatusReport>();

  const items = (): DeclarationItemsResponse => {
    const manifest: Record<string, DeclarationItem[]> = {
      Activations: [],
      Configurations: [],
      Assets: [],
      Management: [],
    };
    for (const { Type, Identifier, ServerToken } of declarations.values()) {
      const kind = kindOfType(Type);
      if (kind !== undefined) manifest[manifestKeys[kind]]?.push({ Identifier, ServerToken });
    }
    return {
      Declarations: {
        Activations: manifest['Activations'] ?? [],
        Configurations: manifest['Configurations'] ?? [],
        Assets: manifest['Assets'] ?? [],
        Management: manifest['Management'] ?? [],
      },
      DeclarationsToken: token,
    };
  };

  return {
    set(list) {
      if (list.length > maxDeclarations) {
        throw stubError('REQUEST_INVALID', `${list.length} declarations; at most ${maxDeclarations} are kept`);
      }
      const next = new Map<string, Declaration>();
      for (const each of list) next.set(each.Identifier, checked(each, next));
      declarations = next;
      token = tokenOf([...next.values()]);
      changedAt = new Date(clock.now());
    },
    list: () => [...declarations.values()],
    answer(deviceId, text, data) {
      const endpoint = parseEndpoint(text);
      switch (endpoint.kind) {
        case 'tokens':
          return encodeDdm({ SyncTokens: { Timestamp: changedAt.toISOString(), DeclarationsToken: token } });
        case 'declaration-items':
          return encodeDdm(items());
        case 'declaration': {
          const found = declarations.get(endpoint.identifier);
          return found !== undefined && kindOfType(found.Type) === endpoint.of ? encodeDdm(found) : undefined;
        }
        case 'status':
          reports.set(deviceId, readStatusReport(data ?? Buffer.alloc(0)));
          return Buffer.alloc(0);
      }
    },
    status: (deviceId) => reports.get(deviceId),
    forget: (deviceId) => void reports.delete(deviceId),
  };
}

function checked(declaration: DeclarationToSet, before: ReadonlyMap<string, Declaration>): Declaration {
  const { Type, Identifier, Payload } = declaration;
  const wrong = (why: string) =>
    stubError('REQUEST_INVALID', `declaration "${String(Identifier).slice(0, 80)}": ${why}`);
  if (typeof Identifier !== 'string' || !isDeclarationIdentifier(Identifier)) throw wrong('the Identifier is not one');
  if (typeof Type !== 'string' || kindOfType(Type) === undefined) throw wrong('the Type is of no known kind');
  if (typeof Payload !== 'object' || Payload === null || Array.isArray(Payload))
    throw wrong('the Payload is no object');
  if (before.has(Identifier)) throw wrong('the Identifier stands twice');
  const ServerToken = hash('sha256', JSON.stringify([Type, Identifier, Payload]), 'hex').slice(0, 32);
  return { Type, Identifier, ServerToken, Payload };
}

const tokenOf = (declarations: readonly Declaration[]): string =>
  hash(
    'sha256',
    declarations
      .map((each) => `${each.Identifier}\n${each.ServerToken}`)
      .sort()
      .join('\n'),
    'hex',
  ).slice(0, 32);
