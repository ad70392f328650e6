// The resource gate: a device shows with a held profile that mail, VPN or Wi-Fi would let it in.
// A convention of the stub, standing in for the mail server, the VPN gateway and the access point:
//   POST {origin}/resources/{kind}  with a ResourceAsk as JSON  ->  2xx let in, 403 or another 4xx with { "reason" } not.

import { type JsonObject, readJsonObject } from '../base/json.js';
import { protocolError, refuseWith } from './errors.js';
import { type ProfileKind, profileKinds } from './vocabulary.js';

/** What the device shows: who it is, the profile's name, and whatever credentials that profile gave it. */
export interface ResourceAsk {
  readonly deviceId: string;
  readonly name: string;
  readonly username?: string;
  readonly secret?: string;
  /** DER. */
  readonly certificate?: Uint8Array;
}

type ResourceAnswer = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export const gateLimits = { maxBytes: 64 * 1024, maxTextLength: 4096 };

/** The path of the gate of a kind, below the authority's origin. */
export const gatePath = (kind: ProfileKind): string => `/resources/${kind}`;

/** The kind that a path below the origin names, or undefined where the path is not the gate's. */
export function readGatePath(path: string): ProfileKind | undefined {
  return profileKinds.find((kind) => path === gatePath(kind));
}

export function encodeResourceAsk({ certificate, ...ask }: ResourceAsk): string {
  return JSON.stringify({
    ...ask,
    ...(certificate === undefined ? {} : { certificate: Buffer.from(certificate).toString('base64') }),
  });
}

/** Throws GATE_MALFORMED. */
export function decodeResourceAsk(body: Uint8Array): ResourceAsk {
  const record = readRecord(body);
  const username = readText(record, 'username');
  const secret = readText(record, 'secret');
  const certificate = readText(record, 'certificate', gateLimits.maxBytes);
  const deviceId = readText(record, 'deviceId');
  const name = readText(record, 'name');
  if (deviceId === undefined || name === undefined)
    throw protocolError('GATE_MALFORMED', 'neither deviceId nor name may be missing');
  return {
    deviceId,
    name,
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { secret }),
    ...(certificate === undefined ? {} : { certificate: Buffer.from(certificate, 'base64') }),
  };
}

/** The body of an answer; its status is 200 when allowed, else 403 (404 for a device or profile nobody knows, 409 ...). */
export function encodeResourceAnswer(answer: ResourceAnswer): string {
  return JSON.stringify(answer.allowed ? {} : { reason: answer.reason });
}

/** Reads status and body of an answer below 500. A refusal whose body says nothing readable is named by its status. */
export function decodeResourceAnswer(status: number, body: Uint8Array): ResourceAnswer {
  if (status >= 200 && status < 300) return { allowed: true };
  let reason: string | undefined;
  try {
    reason = readText(readRecord(body), 'reason');
  } catch {
    // a proxy's page, or nothing at all: the status is all there is to say
  }
  return { allowed: false, reason: reason ?? `status ${status}` };
}

const readRecord = (body: Uint8Array): JsonObject =>
  readJsonObject(body, 'gate message', refuseWith('GATE_MALFORMED'), { maxBytes: gateLimits.maxBytes, maxDepth: 4 });

function readText(record: JsonObject, key: string, maxLength = gateLimits.maxTextLength): string | undefined {
  const value = record[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > maxLength)
    throw protocolError('GATE_MALFORMED', `${key} is not text of at most ${maxLength}`);
  return value;
}
