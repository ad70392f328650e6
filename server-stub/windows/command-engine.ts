// The core's commands on their way to a device and back: as many in a message as fit, each judged by its own answers.
import { isRollcallError } from '../../base/errors.js';
import type { SyncMlCommand, SyncMlMessage } from '../../protocol/syncml/message.js';
import { commandText } from '../../protocol/syncml/write.js';
import { AskedStep } from './asked.js';
import type { WindowsContext } from './context.js';
import { factsOfNodes } from './facts.js';
import { memoryOf, remember } from './memory.js';
import type { ReplyDraft } from './reply.js';
import type { Session, WaitingStep } from './sessions.js';
import type { Verdict } from './steps.js';
import { toStep } from './translate.js';
import { expectChannel } from './wake.js';

/** Of the stub's commands in one message; a step that is larger by itself goes alone. */
const maxBytes = 256 * 1024;
const maxSteps = 64;

/** What can only be the last word to a device: afterwards it is gone. */
const lastWords = new Set(['retire', 'wipe']);

/** Takes what a message answers, and reports what is settled by it. What the device said nothing of is asked again in its next session. */
export function takeAnswers(message: SyncMlMessage, deviceId: string, session: Session, context: WindowsContext): void {
  for (const command of message.commands) {
    if (command.verb !== 'Status' && command.verb !== 'Results') continue;
    if (command.verb === 'Status' && command.cmdRef === '0') continue; // of the header
    const isTaken = session.asked.some((asked) => asked.take(command));
    if (!isTaken) context.log.debug('ANSWER_TO_NOTHING', { deviceId, cmdRef: command.cmdRef.slice(0, 64) });
  }
  if (hasAlert(message, '1222')) return; // more of it comes with the next message
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
  tenant.report(deviceId, commandId, outcome); // ignored where it is a question of the dialect's own
  const nodes = outcome.status === 'done' ? outcome.data?.['nodes'] : undefined;
  if (typeof nodes !== 'object' || nodes === null || tenant.device(deviceId) === undefined) return;
  const facts = factsOfNodes(new Map(Object.entries(nodes).map(([uri, value]) => [uri, String(value)])));
  if (Object.keys(facts).length > 0) tenant.updateFacts(deviceId, facts);
}

/** Puts into the reply what fits of what is to be said. True where that was anything. */
export function fill(reply: ReplyDraft, deviceId: string, session: Session, context: WindowsContext): boolean {
  const asked: AskedStep[] = [];
  let bytes = 0;
  for (let isLast = false; !isLast && asked.length < maxSteps; ) {
    const next = session.waiting.shift() ?? nextCommand(deviceId, session, context);
    if (next === undefined) break;
    if (next.step.drafts.length === 0) {
      settle(next.commandId, next.step.judge({ statuses: [], results: new Map() }), deviceId, session, context);
      continue;
    }
    const size = sizeOf(next);
    if (asked.length > 0 && bytes + size > maxBytes) {
      session.waiting.unshift(next);
      break;
    }
    bytes += size;
    const step = new AskedStep(next.commandId, next.step, reply.msgId, reply.newCmdId);
    reply.add(...step.commands);
    asked.push(step);
    isLast = next.isLast === true;
  }
  session.asked = [...session.asked, ...asked];
  return asked.length > 0;
}

const sizeOf = ({ step }: WaitingStep): number => {
  const count = (draft: (typeof step.drafts)[number]): SyncMlCommand =>
    draft.verb === 'Atomic'
      ? { verb: 'Atomic', cmdId: '0000', commands: draft.commands.map(count) }
      : { ...draft, cmdId: '0000' };
  return step.drafts.reduce((sum, draft) => sum + Buffer.byteLength(commandText(count(draft))), 0);
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
      tenant.report(deviceId, queued.id, { status: 'failed', reason: error.message, code: error.code });
    }
  }
}
