// What a sender asks of APNs with one request, and what APNs refuses of it.
import type { IncomingHttpHeaders } from 'node:http2';
import type { Clock } from '../../base/clock.js';
import { type ApnsReason, apnsHeaders, mdmPushType, tokenOfPath } from '../../protocol/apple-mdm/apns.js';
import type { ApnsSender } from './apns-sender.js';
import { keepMs, type Notification } from './service.js';

const pathStart = '/3/device/';
const pushTypes = new Set([
  'alert',
  'background',
  'complication',
  'controls',
  'fileprovider',
  'liveactivity',
  'location',
  mdmPushType,
  'pushtotalk',
  'voip',
  'widgets',
]);
/** An `apns-id`. */
export const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Why a notification is not taken; `timestamp`: since when its token is worth nothing. */
export class Refusal extends Error {
  constructor(
    readonly reason: ApnsReason,
    readonly timestamp?: number,
  ) {
    super(reason);
  }
}

interface ApnsRules {
  readonly requireCertificate?: boolean;
  readonly clock: Clock;
}

/** Checks in the order in which APNs is seen to answer: method, path, sender, headers, topic, body. Throws Refusal. */
export function readNotification(
  headers: IncomingHttpHeaders,
  id: string,
  body: Buffer,
  sender: ApnsSender,
  { requireCertificate = false, clock }: ApnsRules,
): Notification {
  const path = headers[':path'] ?? '';
  if (!path.startsWith(pathStart)) throw new Refusal('BadPath');
  if (headers[':method'] !== 'POST') throw new Refusal('MethodNotAllowed');
  if (path === pathStart) throw new Refusal('MissingDeviceToken');
  if (sender.kind === 'none' && requireCertificate) throw new Refusal('MissingProviderToken');
  if (sender.kind === 'unreadable') throw new Refusal('BadCertificate');
  const given = single(headers, apnsHeaders.id);
  if (given !== undefined && !uuidForm.test(given)) throw new Refusal('BadMessageId');
  const pushType = single(headers, apnsHeaders.pushType);
  if (pushType !== undefined && !pushTypes.has(pushType)) throw new Refusal('InvalidPushType');
  const priority = single(headers, apnsHeaders.priority);
  if (priority !== undefined && !['1', '5', '10'].includes(priority)) throw new Refusal('BadPriority');
  const collapseId = single(headers, apnsHeaders.collapseId);
  if (collapseId !== undefined && Buffer.byteLength(collapseId) > 64) throw new Refusal('BadCollapseId');
  const expiresAt = readExpiration(single(headers, apnsHeaders.expiration), clock);
  const topic = readTopic(single(headers, apnsHeaders.topic), sender);
  const token = tokenOfPath(path);
  if (token === undefined) throw new Refusal('BadDeviceToken');
  if (body.length === 0) throw new Refusal('PayloadEmpty');
  return { token: token.toString('hex'), id, payload: body.toString('utf8'), topic, expiresAt };
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.includes(',')) throw new Refusal('DuplicateHeaders'); // node joins them
  return value;
}

/** Seconds since the epoch; 0 is "now or never", and without one it is kept as long as APNs keeps anything. */
function readExpiration(text: string | undefined, clock: Clock): number {
  if (text === undefined) return clock.now() + keepMs;
  if (!/^\d{1,12}$/.test(text)) throw new Refusal('BadExpirationDate');
  const seconds = Number(text);
  return seconds === 0 ? 0 : Math.min(seconds * 1000, clock.now() + keepMs);
}

function readTopic(header: string | undefined, sender: ApnsSender): string {
  const own = sender.kind === 'certificate' ? sender.topic : undefined;
  const topic = header ?? own;
  if (topic === undefined) throw new Refusal('MissingTopic');
  if (!/^[A-Za-z0-9.-]{1,255}$/.test(topic)) throw new Refusal('BadTopic');
  if (own !== undefined && topic !== own) throw new Refusal('TopicDisallowed');
  return topic;
}
