import { shownAddress } from '../../../base/shown-address.js';
import { hasMoreData, inMessages, withoutObject } from '../../../protocol/syncml/in-messages.js';
import type { StatusCommand, SyncHdr, SyncMlCommand, SyncMlMessage } from '../../../protocol/syncml/message.js';
import { statusText } from '../../../protocol/syncml/status.js';
import { agentError } from '../../errors.js';
import type { Operation } from '../../model/operations.js';
import { troubleOf } from '../trouble.js';
import { firstOwnCmdId, headerStatus, numbered } from './answers.js';
import { Authentication } from './authentication.js';
import { type SessionBehaviour, sessionBehaviourOf } from './behaviour.js';
import type { SessionContext } from './context.js';
import { dropAlerts } from './effects.js';
import type { Encoded, Exchange } from './exchange.js';
import { LargeObjects } from './large-objects.js';
import { devInfoOf, openSession, type SessionOpening } from './opening.js';
import { packageOne } from './package-one.js';
import { forgetOldIdentity } from './renew.js';
import { replyTo } from './reply.js';
import { type HeaderVerdict, ServerAuthentication } from './server-authentication.js';

/** So many messages a device sends in one session; what the server has then waits for the next (§0.1). */
const mostMessages = 64;

/** What came of one session. */
export interface SessionOutcome {
  readonly commands: number;
  readonly requests: number;
}

/** A message of the device's, but for its header and its numbers. */
interface Outgoing {
  /** The server's message that it answers; absent in the first. */
  readonly msgRef?: string;
  /** What is said of that message as a whole; 200 by default. */
  readonly verdict?: HeaderVerdict;
  readonly body: readonly SyncMlCommand[];
  /** More of the answers comes in the next message. */
  readonly hasMore?: true;
  /** Nothing is said after it. */
  readonly isLast?: true;
}

/**
 * One session (specs/windows.md §1.8 to 1.10): package 1, then an answer to each message of the server's, until one holds Statuses
 * alone or nothing. What the commands of a message changed is saved before they are answered; what they set going is in `memory`
 * then, and check-in.ts carries it out. A loop, never a recursion.
 * Throws AUTHORITY_BUSY, AUTHORITY_REFUSED, ANSWER_MALFORMED, STATE_UNSAVED and what the transport throws.
 */
export async function runSession(context: SessionContext, opening: SessionOpening): Promise<SessionOutcome> {
  const { exchange, sessionId } = openSession(context, opening);
  try {
    return await new Session(context, exchange, sessionId).run(opening);
  } finally {
    exchange.close();
  }
}

class Session {
  readonly #context: SessionContext;
  readonly #exchange: Exchange;
  readonly #sessionId: string;
  readonly #authentication: Authentication;
  readonly #serverAuthentication: ServerAuthentication;
  readonly #objects = new LargeObjects();
  /** As the session began: a command that moves the account moves the next one. */
  readonly #address: string;
  readonly #deviceId: string;
  #msgId = 0;
  /** The longest message that the server takes. */
  #maxBytes = Number.POSITIVE_INFINITY;
  /** Results were left out because they did not fit: the next message breaks the session off. */
  #isOverfull = false;
  /** What is still to be said, message by message, where answers are sent in parts. */
  #parts: readonly (readonly SyncMlCommand[])[] = [];
  /** The last message ended with a chunk. */
  #isCut = false;
  readonly #behaviour: SessionBehaviour;
  readonly #told = new Set<string>();

  constructor(context: SessionContext, exchange: Exchange, sessionId: string) {
    this.#context = context;
    this.#exchange = exchange;
    this.#sessionId = sessionId;
    this.#authentication = new Authentication(context.memory);
    this.#serverAuthentication = new ServerAuthentication(context.memory, context.ports.random);
    this.#behaviour = sessionBehaviourOf(context.device.state.facts);
    const { account, deviceId } = context.memory.data;
    this.#address = account.address;
    this.#deviceId = deviceId;
  }

  async run({ reason, alerts, isGoodbye }: SessionOpening): Promise<SessionOutcome> {
    const { device, memory, signal } = this.#context;
    const signedIn = device.state.condition.signedIn ?? 'user';
    let outgoing: Outgoing = { body: packageOne({ reason, signedIn, alerts, devInfo: devInfoOf(this.#context) }) };
    let commands = 0;
    const ended = (): SessionOutcome => ({ commands, requests: this.#exchange.requests });
    for (let isFirst = true; ; ) {
      const message = await this.#send(outgoing, isFirst ? 'package-1' : 'package-3');
      if (message !== undefined) {
        const verdict = this.#judge(message);
        if (verdict === 'again') {
          outgoing = { ...outgoing, msgRef: message.header.msgId, verdict: { code: 200 } };
          if (this.#isAtEnd(1)) return ended();
          continue;
        }
      }
      if (isFirst) dropAlerts(alerts, memory);
      isFirst = false;
      if (message === undefined || outgoing.isLast === true || isGoodbye === true) return ended();
      const asked = message.commands.filter(({ verb }) => verb !== 'Status' && verb !== 'Results');
      if (asked.some((command) => command.verb === 'Alert' && command.data === '1223')) return ended();
      const msgRef = message.header.msgId;
      const isWaiting = this.#objects.isOpen || this.#isOverfull || this.#parts.length > 0;
      if (asked.length === 0 && !isWaiting) return ended();
      if (this.#isAtEnd(asked.length)) return ended();
      if (this.#isOverfull) {
        outgoing = { msgRef, body: [{ verb: 'Alert', data: '1223', items: [] }], isLast: true };
        continue;
      }
      signal.throwIfAborted();
      const verdict = this.#serverAuthentication.judge(message.header.cred);
      if (verdict.code === 401) {
        outgoing = { msgRef, verdict, body: [] };
        continue;
      }
      const reply = await replyTo(message, this.#context, this.#objects);
      commands += reply.commands;
      if (memory.data.leaving === 'unenroll') return ended(); // broken off: it says so in a session of its own
      const next: readonly SyncMlCommand[] = this.#objects.isOpen ? [{ verb: 'Alert', data: '1222', items: [] }] : [];
      outgoing = { msgRef, verdict, ...this.#portion([...reply.said, ...next], msgRef, verdict) };
    }
  }

  /** What of it the next message says; the rest waits in `#parts`. */
  #portion(said: readonly SyncMlCommand[], msgRef: string, verdict: HeaderVerdict): Pick<Outgoing, 'body' | 'hasMore'> {
    let parts: readonly (readonly SyncMlCommand[])[] = [said];
    const [present, ...later] = this.#parts;
    if (present !== undefined) parts = [[...said, ...present], ...later];
    else if (this.#behaviour.largeObject === 'chunk' && Number.isFinite(this.#maxBytes)) {
      const room = this.#maxBytes - this.#encoded({ msgRef, verdict, body: [] }).body.length;
      parts = inMessages(said, room, room - roomOfStatus);
    }
    const [body = [], ...rest] = parts;
    this.#parts = rest;
    this.#isCut = hasMoreData(body.at(-1));
    return { body, ...(rest.length === 0 ? {} : { hasMore: true as const }) };
  }

  async #send(outgoing: Outgoing, operation: Operation): Promise<SyncMlMessage | undefined> {
    const { memory, ports, signal } = this.#context;
    this.#msgId++;
    let encoded = this.#encoded(outgoing);
    const { body } = outgoing;
    const isAborting = this.#behaviour.largeObject === 'abort' && encoded.body.length > this.#maxBytes;
    if (isAborting && body.some(({ verb }) => verb === 'Results')) {
      this.#isOverfull = true;
      encoded = this.#encoded({ ...outgoing, body: body.filter(({ verb }) => verb !== 'Results') });
    }
    const received = await this.#exchange.send(encoded, operation, signal);
    if (this.#msgId === 1) memory.change({ contactAt: ports.clock.now() }); // once in a session: what is kept changes no more
    memory.forget('notBefore');
    forgetOldIdentity(memory); // the server took the new one
    return received;
  }

  #encoded({ msgRef, verdict = { code: 200 }, body, hasMore }: Outgoing): Encoded {
    const status = msgRef === undefined ? [] : numbered([headerStatus(msgRef, verdict)], 1);
    const commands = [...status, ...numbered(body, firstOwnCmdId)];
    return this.#exchange.encode({ header: this.#header(), commands, isFinal: hasMore !== true });
  }

  #header(): SyncHdr {
    const { maxMsgSize } = this.#behaviour;
    const sourceName = this.#authentication.name;
    const cred = this.#authentication.cred();
    return {
      sessionId: this.#sessionId,
      msgId: String(this.#msgId),
      target: this.#address,
      source: this.#deviceId,
      ...(sourceName === undefined ? {} : { sourceName }),
      ...(cred === undefined ? {} : { cred }),
      ...(maxMsgSize === undefined ? {} : { meta: { maxMsgSize } }),
    };
  }

  /**
   * What the server says to the device's message, and for whom it is. A message for another device is not carried out (our rule).
   * A SessionID other than the session's is told, and let pass: Windows was not seen to mind. So is a RespURI: it is not followed.
   */
  #judge({ header, commands }: SyncMlMessage): 'again' | 'taken' {
    const { target, sessionId, respUri, meta } = header;
    if (target !== '' && target.toLowerCase() !== this.#deviceId.toLowerCase())
      throw agentError('ANSWER_MALFORMED', `the answer is for another device, ${target.slice(0, 80)}`);
    if (sessionId !== this.#sessionId)
      this.#tellOnce('SessionID', `the server answers session ${this.#sessionId} as ${sessionId.slice(0, 20)}`);
    if (respUri !== undefined)
      this.#tellOnce(
        'RespURI',
        `the server wants answers at ${shownAddress(respUri)}: this device does not follow that`,
      );
    if (meta?.maxMsgSize !== undefined && meta.maxMsgSize > 0) this.#maxBytes = meta.maxMsgSize;
    if (this.#isCut && commands.some(isRefusedChunk)) this.#parts = withoutObject(this.#parts);
    const status = commands.find(isOfHeader);
    if (status === undefined) return 'taken'; // servers leave Statuses out (§0.9)
    const verdict = this.#authentication.hear(status);
    if (verdict === 'taken' && /^[45]\d\d$/.test(status.data))
      throw agentError('AUTHORITY_BUSY', `the server answered the message with ${statusText(status.data)}`, {
        hint: 'The server does not take the message of this device. Look at its log first.',
        details: { syncmlStatus: status.data },
      });
    return verdict;
  }

  #tellOnce(about: string, message: string): void {
    if (this.#told.has(about)) return;
    this.#told.add(about);
    this.#context.device.tell(troubleOf(agentError('ANSWER_MALFORMED', message), about));
  }

  /** True at the last message that a session may have: told where the server had more for it. */
  #isAtEnd(waiting: number): boolean {
    if (this.#msgId < mostMessages) return false;
    if (waiting > 0) {
      const message = `the session ended after ${mostMessages} messages, and the server has more`;
      this.#context.device.tell(troubleOf(agentError('ANSWER_MALFORMED', message), 'session'));
    }
    return true;
  }
}

/** Of the Status that Alert 1222 is answered with, or of some more of the kind. */
const roomOfStatus = 256;

const isRefusedChunk = (command: SyncMlCommand): boolean =>
  command.verb === 'Status' && command.cmd === 'Results' && /^[45]/.test(command.data);

const isOfHeader = (command: SyncMlCommand): command is StatusCommand =>
  command.verb === 'Status' && command.cmdRef === '0';
