// The wake by push: body, headers and refusals of APNs (specs/apple.md §1.10). Whose topic is whose is the caller's business.

import { isRollcallError } from '../../base/errors.js';
import { readJsonObject } from '../../base/json.js';
import { protocolError, refuseWith } from '../errors.js';

/** The longest notification that APNs takes, in bytes. */
export const maxNotificationBytes = 4096;

/** Header names of a notification, lower case as HTTP/2 wants them. */
export const apnsHeaders = {
  id: 'apns-id',
  topic: 'apns-topic',
  pushType: 'apns-push-type',
  expiration: 'apns-expiration',
  priority: 'apns-priority',
  collapseId: 'apns-collapse-id',
} as const;

/** The push type of a wake. */
export const mdmPushType = 'mdm';

/** The reasons for which APNs refuses a notification, with the HTTP status of each. */
export const apnsReasons = {
  BadCollapseId: 400,
  BadDeviceToken: 400,
  BadExpirationDate: 400,
  BadMessageId: 400,
  BadPriority: 400,
  BadTopic: 400,
  DeviceTokenNotForTopic: 400,
  DuplicateHeaders: 400,
  IdleTimeout: 400,
  InvalidPushType: 400,
  MissingDeviceToken: 400,
  MissingTopic: 400,
  PayloadEmpty: 400,
  TopicDisallowed: 400,
  BadCertificate: 403,
  BadCertificateEnvironment: 403,
  ExpiredProviderToken: 403,
  Forbidden: 403,
  InvalidProviderToken: 403,
  MissingProviderToken: 403,
  BadPath: 404,
  MethodNotAllowed: 405,
  ExpiredToken: 410,
  Unregistered: 410,
  PayloadTooLarge: 413,
  TooManyProviderTokenUpdates: 429,
  TooManyRequests: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
  Shutdown: 503,
} as const satisfies Record<string, number>;
export type ApnsReason = keyof typeof apnsReasons;

export const isApnsReason = (text: string): text is ApnsReason => Object.hasOwn(apnsReasons, text);

/** The body of a wake: exactly {"mdm": PushMagic}, nothing else. */
export function encodeWake(magic: string): Buffer {
  return Buffer.from(JSON.stringify({ mdm: magic }), 'utf8');
}

/** The PushMagic of a notification; undefined when it is not a wake (an ordinary app's notification, or no JSON). */
export function readWake(text: string): string | undefined {
  // Counted in UTF-16 units first: no text of more units has fewer bytes.
  if (text.length > maxNotificationBytes) return undefined;
  try {
    const magic = readJsonObject(Buffer.from(text, 'utf8'), 'notification', refuseWith('MDM_MALFORMED'), {
      maxBytes: maxNotificationBytes,
      maxDepth: 8,
    })['mdm'];
    return typeof magic === 'string' && magic.length > 0 ? magic : undefined;
  } catch (error) {
    if (isRollcallError(error, 'MDM_MALFORMED')) return undefined;
    throw error;
  }
}

/** The path of a notification: the token in hex. */
export const apnsPath = (token: Uint8Array): string => `/3/device/${Buffer.from(token).toString('hex')}`;

/** The token that a path names; undefined when it is no path of APNs, or its token not 1 to 100 bytes in hex. */
export function tokenOfPath(path: string): Buffer | undefined {
  const hex = /^\/3\/device\/((?:[0-9a-fA-F]{2}){1,100})$/.exec(path)?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}

interface ApnsRefusal {
  readonly reason: string;
  /** Milliseconds since the Unix epoch at which the token was last known dead; 410 only. */
  readonly timestamp?: number | undefined;
}

/** Writes the body of a refusal; the status is `apnsReasons[reason]`. */
export function encodeApnsRefusal(reason: ApnsReason, timestamp?: number): Buffer {
  return Buffer.from(JSON.stringify({ reason, timestamp }), 'utf8');
}

/** Reads the body of a refusal. Throws MDM_MALFORMED. */
export function readApnsRefusal(bytes: Uint8Array): ApnsRefusal {
  const body = readJsonObject(bytes, 'push refusal', refuseWith('MDM_MALFORMED'), {
    maxBytes: maxNotificationBytes,
    maxDepth: 8,
  });
  const { reason, timestamp } = body;
  if (typeof reason !== 'string') {
    throw protocolError('MDM_MALFORMED', 'push refusal: reason is missing', { details: { at: 'push refusal/reason' } });
  }
  return typeof timestamp === 'number' ? { reason, timestamp } : { reason };
}
