import { createHash } from 'node:crypto';
import { emptyObject, type JsonObject, type JsonValue } from '../../../../base/json.js';
import type { DeclarationKind } from '../../../../protocol/apple-mdm/ddm.js';
import {
  clientCapabilities,
  nest,
  type StatusError,
  type StatusReport,
  statusKeys,
} from '../../../../protocol/apple-mdm/ddm-status.js';
import type { CommandContext } from '../context.js';
import type { SavedDeclaration } from '../saved.js';
import { isObject, textAt } from './judge.js';
import { readStatusItem, statusItems, supportedStatusItems } from './status-items.js';
import { types, typesOf } from './types.js';

/** A status report, and what is to be kept of it once the authority has taken it. */
interface PreparedReport {
  readonly report: StatusReport;
  /** SHA-256 of what it says, in hexadecimal, whatever was said before. */
  readonly digest: string;
  readonly listed: Readonly<Record<string, string[]>>;
}

/**
 * What became of the declarations, what is subscribed to, and, when it is the first, what the client can do.
 * `management.declarations` and the capabilities need no subscription. Elements of lists that were told before and are gone
 * are told as `_removed`.
 */
export function statusReport({ device, memory }: Pick<CommandContext, 'device' | 'memory'>): PreparedReport {
  const { declarations = [], token, reported, listed: before = {} } = memory.data.ddm ?? {};
  const isFirst = reported === undefined && token === undefined;
  const items = emptyObject();
  nest('management.declarations', declarationStatuses(declarations), items);
  const source = { state: device.state, data: memory.data };
  const errors: StatusError[] = [];
  const listed: Record<string, string[]> = {};
  const removed: [JsonValue[], JsonObject[]][] = [];
  for (const name of subscriptions(declarations)) {
    if (name === 'management.client-capabilities' || name === 'management.declarations') continue;
    const value = readStatusItem(name, source);
    if (value !== undefined) nest(name, value, items);
    else if (!Object.hasOwn(statusItems, name)) errors.push(unsupported(name));
    if (!Array.isArray(value)) continue;
    const present = identifiersIn(value);
    listed[name] = present;
    const gone = (before[name] ?? []).filter((identifier) => !present.includes(identifier));
    removed.push([value, gone.map((identifier) => ({ identifier, _removed: true }))]);
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([items, errors]))
    .digest('hex');
  if (isFirst) nest('management.client-capabilities', capabilities(), items);
  else for (const [list, gone] of removed) list.push(...gone);
  return { report: { StatusItems: items, Errors: errors, FullReport: isFirst }, digest, listed };
}

const identifiersIn = (list: readonly JsonValue[]): string[] =>
  list.flatMap((each) => {
    const identifier = isObject(each) ? textAt(each, 'identifier') : undefined;
    return identifier === undefined ? [] : [identifier];
  });

/** The value of `management.client-capabilities`. */
export function capabilities(): JsonObject {
  return clientCapabilities({
    activations: typesOf('activation'),
    configurations: typesOf('configuration'),
    assets: typesOf('asset'),
    management: typesOf('management'),
    statusItems: supportedStatusItems,
  });
}

/** The value of `management.declarations`. */
export function declarationStatuses(declarations: readonly SavedDeclaration[]): JsonObject {
  const made: JsonObject = {};
  for (const kind of Object.keys(statusKeys) as DeclarationKind[]) {
    made[statusKeys[kind]] = declarations.filter((each) => each.kind === kind).map(declarationStatus);
  }
  return made;
}

function declarationStatus(declaration: SavedDeclaration): JsonObject {
  const { identifier, serverToken, active, valid, reasons } = declaration;
  const listed = reasons.map(
    ({ code, description, details }): JsonObject => ({
      code,
      ...(description === undefined ? {} : { description }),
      ...(details === undefined ? {} : { details: toJson(details) }),
    }),
  );
  return {
    identifier,
    'server-token': serverToken,
    active,
    valid,
    ...(listed.length === 0 ? {} : { reasons: listed }),
  };
}

/** Details were JSON when they were made; only their type was lost in storage. */
const toJson = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value));

/** A bound of ours, far above the number of status items that there are. */
const mostSubscriptions = 1000;

/** The names that active status-subscriptions ask for, each once. */
function subscriptions(declarations: readonly SavedDeclaration[]): Set<string> {
  const names = new Set<string>();
  for (const { type, active, valid, payload } of declarations) {
    const items = payload['StatusItems'];
    if (type !== types.subscriptions || !active || valid !== 'valid' || !Array.isArray(items)) continue;
    for (const item of items) {
      const name = isObject(item) ? textAt(item, 'Name') : undefined;
      if (name !== undefined && name.length <= 128 && names.size < mostSubscriptions) names.add(name);
    }
  }
  return names;
}

const unsupported = (name: string): StatusError => ({
  StatusItem: name,
  Reasons: [
    {
      Code: 'Error.Unknown',
      Description: `The status item ${name} is not supported.`,
      Details: { Domain: 'RMErrorDomain', Code: 'UnsupportedStatusItem' },
    },
  ],
});
