// Steps that were sent, and the answers to them as they come: each Status and Results by the CmdID that the stub gave.
import { hasMoreData } from '../../protocol/syncml/in-messages.js';
import { type OpenObject, receiveItem } from '../../protocol/syncml/large-object.js';
import type { ResultsCommand, StatusCommand, SyncMlCommand } from '../../protocol/syncml/message.js';
import { statusText } from '../../protocol/syncml/status.js';
import type { Draft, DraftStatus, Verdict, WaitingStep } from './steps.js';

/** What a device may answer of one command: a Get has a Status for each item. */
const maxStatuses = 4096;
/** Characters of all that is answered to one step, in however many messages. */
const maxCharacters = 4 * 1024 * 1024;

/** What is said to an answer that is part of something. */
export interface Heard {
  /** Of Results in chunks: 213, or why they are not kept. */
  readonly status?: number;
  /** The object whose end did not come. */
  readonly interrupted?: OpenObject;
}

/** One step on its way. */
export class AskedStep {
  /** By message and CmdID. */
  readonly #drafts = new Map<string, { readonly draft: Draft; readonly place: number }>();
  readonly #statuses: DraftStatus[] = [];
  readonly #results = new Map<string, string>();
  #characters = 0;
  #places = 0;
  #lastMsgId = '';
  /** The last command that was sent ends with a chunk. */
  #isCut = false;
  /** A chunk was refused: its object is not gone on with. */
  #isRefused = false;
  /** Results of which more is to come. */
  #open: OpenObject | undefined;
  #resultsRefused: number | undefined;

  constructor(readonly waiting: WaitingStep) {}

  get commandId(): string {
    return this.waiting.commandId;
  }

  /** Commands of the step as a message of the stub says them. */
  place(drafts: readonly Draft[], msgId: string, newCmdId: () => string): readonly SyncMlCommand[] {
    this.#lastMsgId = msgId;
    return drafts.map((draft) => this.#numbered(draft, newCmdId));
  }

  #numbered(draft: Draft, newCmdId: () => string): SyncMlCommand {
    const cmdId = newCmdId();
    if (!this.#isCut) this.#places++;
    this.#drafts.set(`${this.#lastMsgId} ${cmdId}`, { draft, place: this.#places - 1 });
    this.#isCut = hasMoreData(draft);
    return draft.verb === 'Atomic'
      ? { verb: 'Atomic', cmdId, commands: draft.commands.map((each) => this.#numbered(each, newCmdId)) }
      : { ...draft, cmdId };
  }

  /** Undefined where the answer is none to this step. */
  take(answer: StatusCommand | ResultsCommand): Heard | undefined {
    const asked = this.#drafts.get(`${answer.msgRef ?? this.#lastMsgId} ${answer.cmdRef}`);
    if (asked === undefined) return undefined;
    return answer.verb === 'Status' ? this.#status(answer, asked) : this.#result(answer);
  }

  #status(answer: StatusCommand, asked: { readonly draft: Draft; readonly place: number }): Heard {
    const code = answer.data.trim();
    const isChunk = hasMoreData(asked.draft);
    if (isChunk && code === '213') return {};
    if (isChunk) this.#isRefused = true;
    if (this.#statuses.length >= maxStatuses) return {};
    const [targetRef] = answer.targetRefs;
    const { originalError } = answer;
    if (!this.#hasRoom(code.length + (targetRef?.length ?? 0) + (originalError?.length ?? 0))) return {};
    this.#statuses.push({
      ...asked,
      code,
      ...(targetRef !== undefined && { targetRef }),
      ...(originalError !== undefined && { originalError }),
    });
    return {};
  }

  #result({ items }: ResultsCommand): Heard {
    let heard: Heard = {};
    for (const item of items) {
      const receipt = receiveItem(this.#open, 'Results', item);
      this.#open = receipt.kind === 'chunk' ? receipt.open : undefined;
      const { interrupted } = receipt;
      if (interrupted !== undefined) heard = { ...heard, interrupted };
      if (receipt.kind === 'refused') this.#resultsRefused = receipt.status;
      if (receipt.kind !== 'whole') heard = { ...heard, status: receipt.kind === 'chunk' ? 213 : receipt.status };
      else if (this.#results.size < maxStatuses) {
        const { source, target, data = '' } = receipt.item;
        const uri = (source ?? target ?? '').toLowerCase();
        if (this.#hasRoom(uri.length + data.length)) this.#results.set(uri, data);
      }
    }
    return heard;
  }

  /** More was answered than is kept: it cannot be judged. */
  get isOverfull(): boolean {
    return this.#characters > maxCharacters;
  }

  #hasRoom(characters: number): boolean {
    this.#characters += characters;
    return !this.isOverfull;
  }

  /** Something is asked: the answer may be too large. */
  get isQuestion(): boolean {
    return [...this.#drafts.values()].some(({ draft }) => draft.verb === 'Get');
  }

  /** The device has refused the chunk that was sent last. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Undefined where the device has said nothing of it: it is asked again in the next session. */
  verdict(): Verdict | undefined {
    const refused = this.#resultsRefused ?? (this.#open === undefined ? undefined : 424);
    if (refused !== undefined) {
      const reason = `the device's answer was refused: ${statusText(refused)}`;
      return { outcome: { status: 'failed', reason, code: String(refused) } };
    }
    const isAnswered = this.#statuses.length > 0 || this.#results.size > 0;
    return isAnswered ? this.waiting.step.judge({ statuses: this.#statuses, results: this.#results }) : undefined;
  }
}
