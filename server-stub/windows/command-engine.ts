// The core's commands on their way to a device and back: as many in a message as fit, each judged by its own answers.
import { isRollcallError } from '../../base/errors.js';
import { bytesOf, hasMoreData, inMessages, withoutObject } from '../../protocol/syncml/in-messages.js';
import { noEndOfData } from '../../protocol/syncml/large-object.js';
import type { ResultsCommand, StatusCommand, SyncMlCommand, SyncMlMessage } from '../../protocol/syncml/message.js';
import type { Outcome } from '../../protocol/vocabulary.js';
import { AskedStep, type Heard } from './asked.js';
import type { WindowsContext } from './context.js';
import { factsOfNodes } from './facts.js';
import { memoryOf, remember } from './memory.js';
import type { ReplyDraft } from './reply.js';
import type { Session } from './sessions.js';
import type { Draft, Verdict, WaitingStep } from './steps.js';
import { toStep } from './translate.js';
import { expectChannel } from './wake.js';

/** Of the stub's commands in one message; a step that is larger by itself goes alone. */
const maxBytes = 256 * 1024;
const maxSteps = 64;

/** What can only be the last word to a device: afterwards it is gone. */
const lastWords = new Set(['retire', 'wipe']);

/** A step in so many messages would not be over before a session of Windows is (64 messages). */
const maxParts = 48;

/** Takes what a message answers, and reports what is settled by it. What the device said nothing of is asked again in its next session. */
export function takeAnswers(
  message: SyncMlMessage,
  deviceId: string,
  session: Session,
  reply: ReplyDraft,
  context: WindowsContext,
): void {
  for (const command of message.commands) {
    if (command.verb !== 'Status' && command.verb !== 'Results') continue;
    if (command.verb === 'Status' && command.cmdRef === '0') continue; // of the header
    const heard = takenBy(session.asked, command);
    if (heard === undefined) context.log.debug('ANSWER_TO_NOTHING', { deviceId, cmdRef: command.cmdRef.slice(0, 64) });
    if (heard?.status !== undefined) reply.status({ cmdId: command.cmdId ?? '', verb: command.verb }, heard.status);
    if (heard?.interrupted !== undefined) reply.add({ ...noEndOfData(heard.interrupted), cmdId: reply.newCmdId() });
  }
  const last = session.asked.at(-1);
  if (session.rest !== undefined && last?.isRefused === true) setRest(session, withoutObject(session.rest));
  if (session.rest !== undefined || hasMore(message)) return; // more of it comes with the next message
  const isAborted = hasAlert(message, '1223');
  const { asked } = session;
  session.asked = [];
  for (const step of asked) {
    const verdict = step.isOverfull
      ? tooLong
      : (step.verdict() ?? (isAborted && step.isQuestion ? tooLarge : undefined));
    if (verdict !== undefined) settle(step.commandId, verdict, deviceId, session, context);
  }
}

function takenBy(asked: readonly AskedStep[], answer: StatusCommand | ResultsCommand): Heard | undefined {
  for (const step of asked) {
    const heard = step.take(answer);
    if (heard !== undefined) return heard;
  }
  return undefined;
}

/** The device carried nothing out of the last message: all of it is said again. */
export function askAgain(session: Session): void {
  session.waiting.unshift(...session.asked.map(({ waiting }) => waiting));
  session.asked = [];
  delete session.rest;
}

/** The device has more to say to the same message. */
export const hasMore = (message: SyncMlMessage): boolean =>
  hasAlert(message, '1222') || !message.isFinal || message.commands.some(isOpenResults);

const isOpenResults = (command: SyncMlCommand): boolean => command.verb === 'Results' && hasMoreData(command);

function setRest(session: Session, rest: readonly (readonly Draft[])[]): void {
  if (rest.length > 0) session.rest = rest;
  else delete session.rest;
}

export const hasAlert = ({ commands }: SyncMlMessage, code: string): boolean =>
  commands.some((command) => command.verb === 'Alert' && command.data === code);

/** Windows aborts a session whose Results do not fit into a message, and would do so again. */
const tooLarge: Verdict = {
  outcome: { status: 'failed', reason: 'the device aborted the session: its answer is too large', code: '1223' },
};

const tooLong: Verdict = { outcome: { status: 'failed', reason: 'what the device answers is too long' } };

function settle(
  commandId: string,
  verdict: Verdict,
  deviceId: string,
  session: Session,
  { tenant, push }: WindowsContext,
): void {
  if ('next' in verdict) {
    session.waiting.push({ commandId, step: verdict.next });
    return;
  }
  const { outcome } = verdict;
  const device = tenant.device(deviceId);
  if (device !== undefined && verdict.remember !== undefined) {
    const before = memoryOf(device);
    remember(tenant, deviceId, verdict.remember(before));
    const after = tenant.device(deviceId);
    if (after !== undefined) expectChannel(after, { push }, before.channelToken);
  }
  tenant.report(deviceId, commandId, putOffOnce(commandId, outcome, deviceId, tenant)); // ignored where it is a question of ours
  const nodes = outcome.status === 'done' ? outcome.data?.['nodes'] : undefined;
  if (typeof nodes !== 'object' || nodes === null || tenant.device(deviceId) === undefined) return;
  const facts = factsOfNodes(new Map(Object.entries(nodes).map(([uri, value]) => [uri, String(value)])));
  if (Object.keys(facts).length > 0) tenant.updateFacts(deviceId, facts);
}

/** Of a device's commands that were put off, so many are remembered. */
const mostPutOff = 32;

/**
 * Between package 1 and a command the person may have signed out: then there is no `./User` (405, or 500). Such a refusal is no
 * answer the first time: the command is said again in the next session in which somebody is signed in.
 */
function putOffOnce(commandId: string, outcome: Outcome, deviceId: string, tenant: WindowsContext['tenant']): Outcome {
  const device = tenant.device(deviceId);
  if (outcome.status !== 'failed' || device === undefined) return outcome;
  if (!/^(?:405|500)\b/.test(outcome.code ?? '') || !/^\w+ \.\/User\//i.test(outcome.reason)) return outcome;
  const { putOff = [] } = memoryOf(device);
  if (putOff.includes(commandId)) return outcome;
  remember(tenant, deviceId, { putOff: [...putOff, commandId].slice(-mostPutOff) });
  return { status: 'later', reason: outcome.reason };
}

/** Puts into the reply what fits of what is to be said. True where that was anything. */
export function fill(reply: ReplyDraft, deviceId: string, session: Session, context: WindowsContext): boolean {
  if (session.rest !== undefined) return goOn(reply, session, session.rest);
  const asked: AskedStep[] = [];
  const room = session.maxMsgSize === undefined ? Number.POSITIVE_INFINITY : roomIn(reply, session.maxMsgSize);
  let bytes = 0;
  for (let isLast = false; !isLast && asked.length < maxSteps && session.rest === undefined; ) {
    const next = session.waiting.shift() ?? nextCommand(deviceId, session, context);
    if (next === undefined) break;
    const { commandId, step } = next;
    if (step.drafts.length === 0) {
      settle(commandId, step.judge({ statuses: [], results: new Map() }), deviceId, session, context);
      continue;
    }
    const size = step.drafts.reduce((sum, draft) => sum + bytesOf(draft), 0);
    if (asked.length > 0 && bytes + size > Math.min(maxBytes, room)) {
      session.waiting.unshift(next);
      break;
    }
    const [first = [], ...rest] = size > room ? inMessages(step.drafts, room, room) : [step.drafts];
    if (rest.length >= maxParts) {
      settle(commandId, tooManyParts, deviceId, session, context);
      continue;
    }
    setRest(session, rest);
    bytes += size;
    const one = new AskedStep(next);
    reply.add(...one.place(first, reply.msgId, reply.newCmdId));
    asked.push(one);
    isLast = next.isLast === true;
  }
  session.asked = [...session.asked, ...asked];
  return asked.length > 0;
}

/** The next message of a step that does not fit into one. */
function goOn(reply: ReplyDraft, session: Session, [next = [], ...rest]: readonly (readonly Draft[])[]): boolean {
  const step = session.asked.at(-1);
  setRest(session, rest);
  if (step === undefined) return false;
  reply.add(...step.place(next, reply.msgId, reply.newCmdId));
  return true;
}

/** Bytes for commands of the stub's in a message of this one's length; never less than a command with something in it needs. */
const roomIn = (reply: ReplyDraft, maxMsgSize: number): number =>
  Math.max(maxMsgSize - reply.encode().length - bytesOfCred, leastRoom);

const bytesOfCred = 256;
const leastRoom = 512;

const tooManyParts: Verdict = {
  outcome: { status: 'failed', reason: 'it does not fit into the messages that the device takes', code: '413' },
};

function nextCommand(deviceId: string, session: Session, context: WindowsContext): WaitingStep | undefined {
  const { tenant, log } = context;
  for (;;) {
    const queued = tenant.next(deviceId);
    const device = tenant.device(deviceId);
    if (queued === undefined || device === undefined) return undefined;
    try {
      const { step, isOfUser } = toStep(queued, device, context);
      if (isOfUser && !session.isSignedIn && device.userId !== undefined) {
        tenant.report(deviceId, queued.id, { status: 'later', reason: 'the user is not signed in' });
        continue;
      }
      return { commandId: queued.id, step, isLast: lastWords.has(queued.command.kind) };
    } catch (error) {
      if (!isRollcallError(error) || error.code === 'STORE_UNWRITABLE') throw error;
      log.warn(error.code, { command: queued.command.kind, deviceId, reason: error.message });
      // It can never be sent as it is: failed, and the next one is tried.
      const isUnsupported = error.code === 'MESSAGE_REFUSED' && { isUnsupported: true as const };
      tenant.report(deviceId, queued.id, {
        status: 'failed',
        reason: error.message,
        code: error.code,
        ...isUnsupported,
      });
    }
  }
}
