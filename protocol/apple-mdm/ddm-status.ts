// Status reports of declarative management (specs/apple.md §1.11, declarative/protocol/statusreport and declarative/status).

import { emptyObject, isObject, type JsonObject, type JsonValue, Members, readJsonObject } from '../../base/json.js';
import { protocolError, refuseWith } from '../errors.js';
import type { DeclarationKind } from './ddm.js';

/** Why a status item cannot be given; capitalised here, lower case inside `management.declarations`. */
interface ErrorReason {
  readonly Code: string;
  readonly Description?: string | undefined;
  readonly Details?: JsonObject | undefined;
}

export interface StatusError {
  readonly StatusItem: string;
  readonly Reasons?: readonly ErrorReason[] | undefined;
}

export interface StatusReport {
  /** Nested by the dots of the item's names: `device.model.family` is StatusItems.device.model.family. */
  readonly StatusItems: JsonObject;
  readonly Errors: readonly StatusError[];
  /** True when this replaces all that was reported before (iOS 17). */
  readonly FullReport?: boolean | undefined;
}

const validities = ['unknown', 'invalid', 'valid'] as const;
export type Validity = (typeof validities)[number];

export interface StatusReason {
  readonly code: string;
  readonly description?: string | undefined;
  readonly details?: JsonObject | undefined;
}

export interface DeclarationStatus {
  readonly identifier: string;
  readonly 'server-token': string;
  readonly active: boolean;
  readonly valid: Validity;
  readonly reasons?: readonly StatusReason[] | undefined;
}

/** The value of `management.declarations`. */
export type DeclarationStatuses = {
  readonly [K in (typeof statusKeys)[DeclarationKind]]: readonly DeclarationStatus[];
};

/** The name each kind goes by in `management.declarations` and `management.client-capabilities`. */
export const statusKeys = {
  activation: 'activations',
  configuration: 'configurations',
  asset: 'assets',
  management: 'management',
} as const satisfies Record<DeclarationKind, string>;

const aboutDeclaration = ['Identifier', 'ServerToken'] as const;
const aboutPredicate = [...aboutDeclaration, 'Predicate'] as const;

/** The reason codes of declarationbase.yaml, each with the keys that its details hold. */
export const reasonCodes = {
  'Error.ActivationFailed': aboutDeclaration,
  'Error.AssetCannotBeDeserialized': ['Error'],
  'Error.AssetCannotBeDownloaded': ['Error'],
  'Error.AssetCannotBeVerified': ['Error'],
  'Error.ConfigurationCannotBeApplied': ['Error'],
  'Error.ConfigurationCannotBeDeserialized': ['Error'],
  'Error.ConfigurationFailed': aboutDeclaration,
  'Error.ConfigurationIsInvalid': ['Error'],
  'Error.ConfigurationNotSupported': aboutDeclaration,
  'Error.InvalidPayload': aboutDeclaration,
  'Error.MissingAssets': [...aboutDeclaration, 'AssetIdentifiers'],
  'Error.MissingConfigurations': [...aboutDeclaration, 'ConfigurationIdentifiers'],
  'Error.MissingState': aboutDeclaration,
  'Error.PredicateFailed': [...aboutPredicate, 'Domain', 'Code'],
  'Error.UnableToEvaluatePredicate': aboutPredicate,
  'Error.UnableToParsePredicate': aboutPredicate,
  'Error.UnableToParsePredicateWithCustomOperator': aboutPredicate,
  'Error.Unknown': ['Domain', 'Code'],
  'Error.UnknownDeclarationType': ['UnknownDeclarationType'], // later than our copy of the schema; as seen on devices
  'Error.UnknownPayloadKeys': ['UnknownPayloadKeys'],
  'Info.NotReferencedByActivation': aboutDeclaration,
  'Info.NotReferencedByConfiguration': aboutDeclaration,
  'Info.Predicate': aboutPredicate,
} as const satisfies Record<string, readonly string[]>;
type ReasonCode = keyof typeof reasonCodes;

/** A reason as `management.declarations` carries it; only the details that this code has compile. */
export function reason<C extends ReasonCode>(
  code: C,
  description: string,
  details: { readonly [K in (typeof reasonCodes)[C][number]]: JsonValue },
): StatusReason {
  return { code, description, details: { ...details } };
}

export interface Capabilities {
  readonly activations?: readonly string[];
  readonly configurations?: readonly string[];
  readonly assets?: readonly string[];
  readonly management?: readonly string[];
  readonly statusItems: readonly string[];
  readonly features?: JsonObject;
}

/** The value of `management.client-capabilities` for a client that supports just these. */
export function clientCapabilities(of: Capabilities): JsonObject {
  return {
    'supported-versions': ['1.0.0'],
    'supported-features': { ...of.features },
    'supported-payloads': {
      declarations: {
        activations: [...(of.activations ?? [])],
        assets: [...(of.assets ?? [])],
        configurations: [...(of.configurations ?? [])],
        management: [...(of.management ?? [])],
      },
      'status-items': [...of.statusItems],
    },
  };
}

/** `nest('device.model.family', 'iPhone')` is {device: {model: {family: 'iPhone'}}}; given an object, adds to it. Throws
 * DDM_MALFORMED when a part of the name already holds a value that is no object, or the whole name holds one. */
export function nest(name: string, value: JsonValue, into: JsonObject = emptyObject()): JsonObject {
  const parts = name.split('.');
  const last = parts.pop() ?? '';
  let at = into;
  for (const part of parts) {
    const next: JsonValue = own(at, part) ?? emptyObject();
    if (!isObject(next)) throw clash(name);
    define(at, part, next);
    at = next;
  }
  if (own(at, last) !== undefined) throw clash(name);
  define(at, last, value);
  return into;
}

/** The value of a status item in a report; undefined when it was not reported. */
export function statusItem(items: JsonObject, name: string): JsonValue | undefined {
  let at: JsonValue | undefined = items;
  for (const part of name.split('.')) at = isObject(at) ? own(at, part) : undefined;
  return at;
}

const own = (from: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(from, key) ? from[key] : undefined;

function define(into: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
}

const clash = (name: string) =>
  protocolError('DDM_MALFORMED', `status item ${name} stands where another value is`, { details: { at: name } });

export function encodeStatusReport(report: StatusReport): Buffer {
  return Buffer.from(JSON.stringify(report), 'utf8');
}

/** Reads a status report. Throws DDM_MALFORMED. */
export function readStatusReport(bytes: Uint8Array): StatusReport {
  const from = new Members(
    readJsonObject(bytes, 'status', refuseWith('DDM_MALFORMED')),
    'status',
    refuseWith('DDM_MALFORMED'),
  );
  return {
    StatusItems: from.object('StatusItems'),
    Errors: from.objects('Errors').map((error) => ({
      StatusItem: error.string('StatusItem'),
      Reasons: error.optionalObjects('Reasons')?.map((entry) => ({
        Code: entry.string('Code'),
        Description: entry.optionalString('Description'),
        Details: entry.optionalObject('Details'),
      })),
    })),
    FullReport: from.optionalBoolean('FullReport'),
  };
}

/** The value of `management.declarations`, ready for `nest`. */
export function writeDeclarationStatuses(statuses: DeclarationStatuses): JsonObject {
  return {
    activations: statuses.activations.map(writeDeclarationStatus),
    configurations: statuses.configurations.map(writeDeclarationStatus),
    assets: statuses.assets.map(writeDeclarationStatus),
    management: statuses.management.map(writeDeclarationStatus),
  };
}

function writeDeclarationStatus({ reasons, ...status }: DeclarationStatus): JsonObject {
  return reasons === undefined ? status : { ...status, reasons: reasons.map(writeReason) };
}

function writeReason({ code, description, details }: StatusReason): JsonObject {
  return { code, ...(description === undefined ? {} : { description }), ...(details === undefined ? {} : { details }) };
}

/** What a report says of its declarations; undefined when it is silent. Throws DDM_MALFORMED. */
export function readDeclarationStatuses(report: StatusReport): DeclarationStatuses | undefined {
  const value = statusItem(report.StatusItems, 'management.declarations');
  if (value === undefined) return undefined;
  if (!isObject(value)) {
    throw protocolError('DDM_MALFORMED', 'management.declarations is not an object', {
      details: { at: 'status/StatusItems/management/declarations' },
    });
  }
  const from = new Members(value, 'status/StatusItems/management/declarations', refuseWith('DDM_MALFORMED'));
  return {
    activations: from.objects('activations').map(readDeclarationStatus),
    configurations: from.objects('configurations').map(readDeclarationStatus),
    assets: from.objects('assets').map(readDeclarationStatus),
    management: from.objects('management').map(readDeclarationStatus),
  };
}

function readDeclarationStatus(from: Members): DeclarationStatus {
  const valid = validities.find((known) => known === from.string('valid'));
  if (valid === undefined) throw from.wrong('valid', 'is not a known word');
  return {
    identifier: from.string('identifier'),
    'server-token': from.string('server-token'),
    active: from.boolean('active'),
    valid,
    reasons: from.optionalObjects('reasons')?.map((entry) => ({
      code: entry.string('code'),
      description: entry.optionalString('description'),
      details: entry.optionalObject('details'),
    })),
  };
}
