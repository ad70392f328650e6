// Declarative management, the server's side (specs/apple.md §1.11): one set of declarations for all devices of the tenant.

import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
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
import { stubError } from '../errors.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';

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

const keptSet = z.object({
  changedAt: z.number(),
  list: z.array(z.object({ Type: z.string(), Identifier: z.string(), Payload: z.record(z.string(), z.json()) })),
});
const keptReport = z.object({ deviceId: z.string(), report: z.instanceof(Uint8Array).transform(readStatusReport) });

/** With `keep` both the declarations and the devices' reports are there after a restart. */
export function createDeclarations(
  clock: Clock,
  keep: { readonly set?: Keep | undefined; readonly reports?: Keep | undefined } = {},
): Declarations {
  let declarations = new Map<string, Declaration>();
  let changedAt = new Date(clock.now());
  let token = tokenOf([]);
  const reports = new Map<string, StatusReport>();
  const become = (list: readonly DeclarationToSet[], at: number) => {
    if (list.length > maxDeclarations) {
      throw stubError('REQUEST_INVALID', `${list.length} declarations; at most ${maxDeclarations} are kept`);
    }
    const next = new Map<string, Declaration>();
    for (const each of list) next.set(each.Identifier, checked(each, next));
    declarations = next;
    token = tokenOf([...next.values()]);
    changedAt = new Date(at);
  };
  for (const [, kept] of readKept(keep.set, 'declarations', keptSet, { isVital: true }))
    become(kept.list, kept.changedAt);
  for (const [, { deviceId, report }] of readKept(keep.reports, 'status report', keptReport)) {
    reports.set(deviceId, report);
  }

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
      become(list, clock.now());
      keep.set?.put('declarations', {
        changedAt: changedAt.getTime(),
        list: list.map(({ Type, Identifier, Payload }) => ({ Type, Identifier, Payload })),
      });
    },
    list: () => [...declarations.values()],
    answer(deviceId, text, data) {
      const endpoint = parseEndpoint(text);
      switch (endpoint.kind) {
        case 'tokens':
          return encodeDdm({ SyncTokens: { Timestamp: inSeconds(changedAt), DeclarationsToken: token } });
        case 'declaration-items':
          return encodeDdm(items());
        case 'declaration': {
          const found = declarations.get(endpoint.identifier);
          return found !== undefined && kindOfType(found.Type) === endpoint.of ? encodeDdm(found) : undefined;
        }
        case 'status':
          reports.set(deviceId, readStatusReport(data ?? Buffer.alloc(0)));
          keep.reports?.put(deviceId, { deviceId, report: data });
          return Buffer.alloc(0);
      }
    },
    status: (deviceId) => reports.get(deviceId),
    forget(deviceId) {
      if (reports.delete(deviceId)) keep.reports?.put(deviceId, undefined);
    },
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

/** RFC 3339 without fractions, as the schema's example has it: not every reader of ISO 8601 takes them. */
const inSeconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');

const tokenOf = (declarations: readonly Declaration[]): string =>
  hash(
    'sha256',
    declarations
      .map((each) => `${each.Identifier}\n${each.ServerToken}`)
      .sort()
      .join('\n'),
    'hex',
  ).slice(0, 32);
