// POST MDM.svc: management sessions (specs/windows.md §1.8 to §1.12).
import { hash } from 'node:crypto';
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import type { SyncMlMessage } from '../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../protocol/syncml/read.js';
import { decodeWbxml } from '../../protocol/syncml/wbxml.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import { problem } from '../http.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { askAgain, fill, hasAlert, hasMore, takeAnswers } from './command-engine.js';
import { paths, type WindowsContext } from './context.js';
import { deviceOf, judgeCertificate, knownAs, noteUse, type Speaker } from './identity.js';
import { memoryOf } from './memory.js';
import { hasLeft, readPackageOne } from './package-one.js';
import { ReplyDraft, wbxmlType } from './reply.js';
import { isTaken, ownCredential } from './server-auth.js';
import { authenticate } from './session-auth.js';
import { endSession, newSession, type Session } from './sessions.js';
import { exec } from './steps.js';
import { authorityStep, isUntold } from './tell-authority.js';
import { unenrollNode } from './translate.js';
import { channelStep, isChannelUnknown } from './wake.js';

export const managementRoute = (context: WindowsContext): Route => ({
  method: 'POST',
  path: paths.management,
  maxBytes: context.settings.maxMessageBytes,
  handle: (request) => manage(request, context),
});

/** One message of a device, and what it is answered. */
interface Turn {
  readonly request: StubRequest;
  readonly message: SyncMlMessage;
  /** Absent where sessions prove who speaks by credentials alone. */
  readonly speaker: Speaker | undefined;
  readonly context: WindowsContext;
}

function manage(request: StubRequest, context: WindowsContext): StubAnswer {
  let message: SyncMlMessage | undefined;
  try {
    const speaker = speakerOf(request, context);
    message = readMessage(request, context);
    return converse({ request, message, speaker, context });
  } catch (error) {
    const answer = isRollcallError(error) ? refused(error, request, message, context) : undefined;
    if (answer === undefined || !isRollcallError(error)) throw error;
    const { path, remote } = request;
    context.log.warn(error.code, { path, status: answer.status, reason: error.message, remote });
    return answer;
  }
}

/** Throws DEVICE_IDENTITY. A certificate of ours that speaks for nobody any more is judged with the message: its device is to leave. */
function speakerOf({ clientCertificate }: StubRequest, context: WindowsContext): Speaker | undefined {
  if (clientCertificate !== undefined) return judgeCertificate(clientCertificate, context);
  if (context.settings.auth !== 'certificate') return undefined;
  throw stubError('DEVICE_IDENTITY', 'there is no client certificate');
}

/** Where the message could be read and its sender is known, a Status of its header; else the status of the answer alone. */
function refused(
  error: RollcallError,
  request: StubRequest,
  message: SyncMlMessage | undefined,
  context: WindowsContext,
): StubAnswer | undefined {
  switch (error.code) {
    case 'XML_MALFORMED':
    case 'XML_LIMIT':
    case 'SYNCML_MALFORMED':
    case 'WBXML_MALFORMED':
      return problem(400, error.code, error.message);
    case 'DEVICE_IDENTITY':
      return problem(403, error.code, error.message);
    case 'MESSAGE_REFUSED':
      return message && replyTo(message, request, context).header(400).answer();
    case 'DEVICE_UNKNOWN':
    case 'ENROLLMENT_REFUSED':
      return disowned(request, message, context);
    default:
      return undefined;
  }
}

/**
 * A device of an enrollment that has ended is told to leave, once in a session; what says that it leaves has no more to hear. One
 * whose DeviceID is enrolled here is not: it would leave an enrollment that is none of the certificate's.
 */
function disowned(
  request: StubRequest,
  given: SyncMlMessage | undefined,
  context: WindowsContext,
): StubAnswer | undefined {
  const message = given ?? readable(request, context);
  if (message === undefined) return problem(400, 'MESSAGE_REFUSED', 'the message cannot be read');
  const { source, msgId } = message.header;
  const isKnown = context.tenant.device(knownAs(source)) !== undefined;
  const isProven = request.clientCertificate !== undefined;
  if (!isProven || isKnown)
    return problem(403, 'DEVICE_UNKNOWN', 'no such device is enrolled here with this certificate');
  const reply = replyTo(message, request, context).header(200).statuses();
  if (hasLeft(message)) context.tenant.endedBefore();
  else if (msgId === '1') reply.add({ ...exec(unenrollNode), cmdId: reply.newCmdId() });
  return reply.answer();
}

const isWbxml = ({ headers }: StubRequest): boolean =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() === wbxmlType;

/** Throws what the codecs throw. */
export function readMessage(request: StubRequest, { settings }: Pick<WindowsContext, 'settings'>): SyncMlMessage {
  const reading = { maxBytes: settings.maxMessageBytes };
  return isWbxml(request) ? decodeWbxml(request.body, reading) : decodeSyncMl(request.body, reading);
}

function readable(request: StubRequest, context: WindowsContext): SyncMlMessage | undefined {
  try {
    return readMessage(request, context);
  } catch {
    return undefined;
  }
}

const replyTo = (message: SyncMlMessage, request: StubRequest, context: WindowsContext): ReplyDraft => {
  const { addresses, settings, random } = context;
  return new ReplyDraft(message, {
    source: addresses.originFor(request) + paths.management,
    maxMsgSize: settings.maxMessageBytes,
    isWbxml: isWbxml(request),
    ...(settings.quirks && { quirks: random }),
  });
};

/** Throws DEVICE_IDENTITY, DEVICE_UNKNOWN, MESSAGE_REFUSED, ENROLLMENT_REFUSED: nothing stored is changed then. */
function converse(turn: Turn): StubAnswer {
  const { request, message, context } = turn;
  const { sessions } = context;
  const device = senderOf(turn);
  const { deviceId } = device;
  const digest = hash('sha256', request.body, 'base64');
  const msgId = numberOf(message.header.msgId);
  const before = sessions.get(deviceId);
  if (before !== undefined && isRepeated(before, message, msgId, digest)) return before.lastAnswer;
  const session = sessionFor(before, message, msgId);
  const { maxMsgSize } = message.header.meta ?? {};
  if (maxMsgSize !== undefined) session.maxMsgSize = maxMsgSize;
  const reply = replyTo(message, request, context);
  const verdict = authenticate(message, device, session, context);
  reply.header(verdict.code, verdict.chal);
  if (verdict.isOk) say(turn, device, session, reply.statuses());
  else if (verdict.chal === undefined) endSession(session);
  if (!verdict.isOk) {
    context.log.debug('CHALLENGED', { deviceId, code: verdict.code });
  }
  session.msgId = msgId;
  session.lastRequest = digest;
  // Shown where it can be judged alone: a device says nothing more to a message of Statuses.
  if (verdict.isOk && reply.hasOwn)
    reply.show(ownCredential(context.tenant.device(deviceId) ?? device, session, context));
  session.lastAnswer = reply.answer();
  // A device that has gone has no session any more.
  if (context.tenant.device(deviceId) === undefined) sessions.delete(deviceId);
  else sessions.set(deviceId, session);
  return session.lastAnswer;
}

function senderOf({ message, speaker, context }: Turn): DeviceRecord {
  const { source } = message.header;
  if (speaker !== undefined) return deviceOf(speaker, source, context);
  const device = context.tenant.device(knownAs(source));
  if (device?.platform === 'windows') return device;
  throw stubError('DEVICE_UNKNOWN', `no device ${source.slice(0, 64)} is enrolled here`);
}

function numberOf(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    throw stubError('MESSAGE_REFUSED', 'the MsgID is no number from 1 on');
  }
  return Number(text);
}

/** The last message once more: its answer was lost. The first one of a session begins another. */
const isRepeated = (session: Session, { header }: SyncMlMessage, msgId: number, digest: string): boolean =>
  msgId > 1 && session.sessionId === header.sessionId && session.msgId === msgId && session.lastRequest === digest;

function sessionFor(before: Session | undefined, { header }: SyncMlMessage, msgId: number): Session {
  if (msgId === 1) return newSession(header.sessionId);
  if (before === undefined || before.hasEnded || before.sessionId !== header.sessionId) {
    throw stubError('MESSAGE_REFUSED', `message ${msgId} is of a session that is none`);
  }
  if (msgId !== before.msgId + 1) {
    throw stubError('MESSAGE_REFUSED', `message ${msgId} comes after message ${before.msgId}`);
  }
  return before;
}

/** What an authenticated message says, and what is said to it. */
function say({ message, speaker, context }: Turn, device: DeviceRecord, session: Session, reply: ReplyDraft): void {
  const { tenant, log } = context;
  const { deviceId } = device;
  if (!session.isOpen) {
    const first = readPackageOne(message);
    if (first.leaves) {
      leave(deviceId, context);
      endSession(session);
      return;
    }
    noteUse(speaker, device, context);
    tenant.confirm(deviceId, { manufacturer: memoryOf(device).manufacturer ?? first.manufacturer }); // Windows 10 tells it here first
    tenant.openSession(deviceId);
    session.isOpen = true;
    session.isSignedIn = first.isSignedIn;
    if (Object.keys(first.facts).length > 0) tenant.updateFacts(deviceId, first.facts);
    const now = context.clock.now();
    const present = tenant.device(deviceId);
    if (present !== undefined && isChannelUnknown(present, now))
      session.waiting.push({ commandId: 'channel', step: channelStep(now) });
    if (present !== undefined && isUntold(present))
      session.waiting.push({ commandId: 'authority', step: authorityStep(present) });
    for (const type of first.alerts) log.debug('ALERT', { deviceId, type });
  } else {
    if (!isTaken(message, deviceId, session, context)) askAgain(session);
    takeAnswers(message, deviceId, session, reply, context);
  }
  if (hasMore(message) && session.rest === undefined) {
    reply.add({ verb: 'Alert', cmdId: reply.newCmdId(), data: '1222', items: [] });
    return;
  }
  const isOver = hasAlert(message, '1223') || tenant.device(deviceId) === undefined;
  if (isOver || !fill(reply, deviceId, session, context)) endSession(session);
}

/** The device has left: because it was told to (retire), or by its own. */
function leave(deviceId: string, { tenant }: WindowsContext): void {
  const told = tenant.openCommands(deviceId).find(({ command }) => command.kind === 'retire');
  const wasTold = told !== undefined && tenant.report(deviceId, told.id, { status: 'done' });
  if (!wasTold) tenant.unenroll(deviceId, 'left');
}
