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

/**
 * The one report that ends a synchronisation: what became of the declarations, what is subscribed to, and, when it is the
 * first, what the client can do. `management.declarations` and the capabilities need no subscription.
 */
export function statusReport(
  declarations: readonly SavedDeclaration[],
  isFirst: boolean,
  { device, memory }: CommandContext,
): StatusReport {
  const items = emptyObject();
  if (isFirst) nest('management.client-capabilities', capabilities(), items);
  nest('management.declarations', declarationStatuses(declarations), items);
  const source = { state: device.state, data: memory.data };
  const errors: StatusError[] = [];
  for (const name of subscriptions(declarations)) {
    if (name === 'management.client-capabilities' || name === 'management.declarations') continue;
    const value = readStatusItem(name, source);
    if (value !== undefined) nest(name, value, items);
    else if (!Object.hasOwn(statusItems, name)) errors.push(unsupported(name));
  }
  return { StatusItems: items, Errors: errors, FullReport: isFirst };
}

export function capabilities(): JsonObject {
  return clientCapabilities({
    activations: typesOf('activation'),
    configurations: typesOf('configuration'),
    assets: typesOf('asset'),
    management: typesOf('management'),
    statusItems: supportedStatusItems,
  });
}

function declarationStatuses(declarations: readonly SavedDeclaration[]): JsonObject {
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
  for (const { type, active, payload } of declarations) {
    const items = payload['StatusItems'];
    if (type !== types.subscriptions || !active || !Array.isArray(items)) continue;
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
