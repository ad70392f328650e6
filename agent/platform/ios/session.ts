import { asError, isRollcallError, type RollcallError } from '../../../base/errors.js';
import { commandFormatError, decodeCommand, type MdmCommand } from '../../../protocol/apple-mdm/command.js';
import { isRequestType } from '../../../protocol/apple-mdm/request-types.js';
import { encodeResult } from '../../../protocol/apple-mdm/result.js';
import { agentError } from '../../errors.js';
import type { Operation } from '../../model/operations.js';
import type { Apply, LinkReport } from '../driver.js';
import { type Answer, malformed, later as notNow } from './answer.js';
import { goOnWithApps } from './app-installs.js';
import { answerCommand } from './commands/table.js';
import { finishUpdate } from './commands/updates.js';
import type { CommandContext } from './context.js';
import { isRefusedSync, reconsider, synchronise } from './ddm/synchronise.js';
import { statusOf } from './exchange.js';
import { plistLifted } from './lifted.js';
import { sendOwedUnlessRefused } from './owed.js';
import type { IosData } from './saved.js';
import { toldOf, troubleOf } from './told.js';

/** What is left to the one who makes the platform. */
export interface SessionPolicy {
  /** RequestTypes answered NotNow while the screen is locked. */
  readonly putOff: ReadonlySet<string>;
  /** A server that never ends a session is left after this many commands. */
  readonly maxCommands: number;
}

interface Outgoing {
  readonly body: Uint8Array;
  readonly kind: 'idle' | 'result' | 'resent';
  readonly operation: Operation;
  readonly leaves?: NonNullable<Answer['leaves']>;
  readonly isLast?: true;
}

/**
 * One session (specs/apple.md §1.6): Idle, or the result that the last session could not send, then one result per command
 * until the authority has no more. Always a loop: a queue of thousands is no deep stack. `idle` is the encoded message.
 */
export async function runSession(
  context: CommandContext,
  idle: Uint8Array,
  policy: SessionPolicy,
): Promise<LinkReport> {
  const { exchange, memory, signal } = context;
  await finishUpdate(context);
  await goOnWithApps(context);
  await sendOwedUnlessRefused(context);
  const { unsent } = memory.data;
  let outgoing: Outgoing =
    unsent === undefined
      ? { body: idle, kind: 'idle', operation: 'Idle' }
      : { body: unsent, kind: 'resent', operation: 'resent-result' };
  let later = 0;
  let waiting: IosData['ddm'];
  let hasSynchronised = false;
  /** Declarative management got no answer: the commands go on, and the session is made again. */
  let lost: RollcallError | undefined;
  for (let commands = 0; ; commands++) {
    const reply = await send(outgoing, context);
    if (outgoing.leaves !== undefined) {
      const { how, next } = outgoing.leaves;
      return { commands, later, requests: exchange.requests, left: how, ...(next === undefined ? {} : { next }) };
    }
    if (outgoing.isLast) return { commands, later, requests: exchange.requests };
    if (memory.data.ddm?.due !== undefined && memory.data.ddm !== waiting) {
      lost = await declaratively(context, synchronise);
      waiting = memory.data.ddm; // what is owed still is not asked for again in this session
      hasSynchronised = true;
    }
    if (reply.length === 0) {
      lost ??= await declaratively(context, (...given) => reconsider(...given, !hasSynchronised));
      if (lost !== undefined) throw lost;
      if (memory.data.ddm?.due !== undefined || memory.data.ddm?.again === true) later++;
      return { commands, later, requests: exchange.requests }; // an empty 200 ends the session
    }
    if (commands === policy.maxCommands) {
      throw agentError('ANSWER_MALFORMED', `more than ${policy.maxCommands} commands in one session`);
    }
    signal.throwIfAborted();
    const before = memory.data;
    const { uuid, command, answer: wanted } = await answerTo(reply, context, policy.putOff);
    let answer = wanted;
    let body = resultOf(uuid, answer, context);
    // Should this process end before the authority has heard it, the next one says it: what is done is not done twice.
    const unsentNow = answer.leaves === undefined ? () => memory.change({ unsent: body }) : undefined;
    if (!(await isKept(before, context, unsentNow))) {
      answer = { ...notNow, reason: 'what it changes could not be stored' }; // it comes again
      body = resultOf(uuid, answer, context);
    }
    if (answer.status === 'NotNow') later++;
    context.device.tell(toldOf(uuid, command, answer));
    outgoing = {
      kind: 'result',
      operation: operationOf(command),
      body,
      ...(answer.leaves === undefined ? {} : { leaves: answer.leaves }),
      ...(answer.isLast === undefined ? {} : { isLast: answer.isLast }),
    };
  }
}

const operationOf = (command: MdmCommand | undefined): Operation =>
  command !== undefined && isRequestType(command.RequestType) ? command.RequestType : 'unknown-command';

const resultOf = (commandUuid: string, { status, chain, data }: Answer, { device }: CommandContext): Buffer =>
  encodeResult({ udid: device.state.facts.id, commandUuid, status, errorChain: chain, data });

/** Saves what a command changed. What cannot be saved did not happen: false, and the device and its link are as before. */
async function isKept(
  before: IosData,
  { save, undo, memory, device, ports }: CommandContext,
  ahead?: () => void,
): Promise<boolean> {
  try {
    await save(ahead);
    return true;
  } catch (error) {
    if (!isRollcallError(error, 'STATE_UNSAVED')) throw error;
    ports.log.warn(error.code, { during: 'command', error });
    device.tell(troubleOf(error, 'what a command changed'));
    undo();
    const { link } = device.state;
    memory.restore(before, link?.data === before ? link : undefined);
    return false;
  }
}

async function answerTo(
  reply: Buffer,
  context: CommandContext,
  putOff: ReadonlySet<string>,
): Promise<{ uuid: string; command?: MdmCommand; answer: Answer }> {
  let command: MdmCommand | undefined;
  try {
    command = decodeCommand(reply, plistLifted(context.device));
  } catch (error) {
    const uuid = commandFormatError(error);
    if (uuid !== undefined) return { uuid, answer: malformed(asError(error).message) };
    throw agentError('ANSWER_MALFORMED', 'the answer to a result is no command', { cause: error });
  }
  if (command === undefined) throw agentError('ANSWER_MALFORMED', 'the answer to a result is empty');
  let reason: string | undefined;
  const apply: Apply = async (each, whose) => {
    const outcome = await context.apply(each, whose);
    if (outcome.status === 'later') reason = outcome.reason;
    return outcome;
  };
  let about: string | undefined;
  const named = (identifier: string) => {
    about = identifier;
  };
  const answer = await answerCommand(command, { ...context, apply, named }, putOff);
  const unsaid = answer.status === 'NotNow' && answer.reason === undefined && reason !== undefined ? { reason } : {};
  return {
    uuid: command.CommandUUID,
    command,
    answer: { ...answer, ...unsaid, ...(about === undefined ? {} : { about }) },
  };
}

/**
 * Sends, and keeps a result that did not get through for the next session: one, and that one is tried again once. The last
 * word of a device that leaves is best effort.
 */
async function send(outgoing: Outgoing, context: CommandContext): Promise<Buffer> {
  const { exchange, memory, signal, ports, device } = context;
  try {
    const reply = await exchange.connect(outgoing.body, outgoing.operation, signal);
    if (outgoing.kind !== 'idle') memory.forget('unsent');
    return reply;
  } catch (error) {
    if (outgoing.leaves !== undefined && !signal.aborted && isRollcallError(error)) {
      ports.log.info(error.code, { during: 'last result', problem: error.message });
      device.tell(troubleOf(error, 'the last result'));
      return Buffer.alloc(0);
    }
    const isRefused = statusOf(error) !== undefined;
    if (outgoing.kind === 'resent' && isRefused) memory.forget('unsent');
    const isWorthKeeping = isRollcallError(error, 'AUTHORITY_BUSY') || isRollcallError(error, 'TRANSPORT_LOST');
    if (outgoing.kind === 'result' && isWorthKeeping) memory.change({ unsent: outgoing.body });
    else if (outgoing.kind === 'result') memory.forget('unsent');
    throw error;
  }
}

/**
 * Declarative management has its own troubles: where the authority refuses it, it is told and stays owed, and the commands go
 * on. Where no answer came, what was thrown is handed back: the check-in endpoint may be lost while that for commands is not.
 */
async function declaratively(
  context: CommandContext,
  does: (context: CommandContext, keep: () => Promise<boolean>) => Promise<void>,
): Promise<RollcallError | undefined> {
  const before = context.memory.data;
  try {
    await does(context, () => isKept(before, context));
  } catch (error) {
    if (isRollcallError(error, 'TRANSPORT_LOST') && !context.signal.aborted) return error;
    if (!isRefusedSync(error)) throw error;
    context.ports.log.warn(error.code, { during: 'declarative management', problem: error.message });
    context.device.tell(troubleOf(error, 'declarative management'));
  }
  return undefined;
}
