// Steps that were sent, and the answers to them as they come: each Status and Results by the CmdID that the stub gave.
import type { ResultsCommand, StatusCommand, SyncMlCommand } from '../../protocol/syncml/message.js';
import type { Draft, DraftStatus, Step, Verdict } from './steps.js';

/** What a device may answer of one command: a Get has a Status for each item. */
const maxStatuses = 4096;
/** Characters of all that is answered to one step, in however many messages. */
const maxCharacters = 4 * 1024 * 1024;

/** One step on its way. */
export class AskedStep {
  readonly #msgId: string;
  readonly #drafts = new Map<string, { readonly draft: Draft; readonly place: number }>();
  readonly #statuses: DraftStatus[] = [];
  readonly #results = new Map<string, string>();
  #characters = 0;
  /** Results of which more is to come. */
  readonly #partial = new Set<string>();
  readonly commands: readonly SyncMlCommand[];

  constructor(
    /** The core's command. */
    readonly commandId: string,
    readonly step: Step,
    msgId: string,
    newCmdId: () => string,
  ) {
    this.#msgId = msgId;
    const place = (draft: Draft): string => {
      const cmdId = newCmdId();
      this.#drafts.set(cmdId, { draft, place: this.#drafts.size });
      return cmdId;
    };
    const numbered = (draft: Draft): SyncMlCommand => {
      const cmdId = place(draft);
      return draft.verb === 'Atomic'
        ? { verb: 'Atomic', cmdId, commands: draft.commands.map(numbered) }
        : { ...draft, cmdId };
    };
    this.commands = step.drafts.map(numbered);
  }

  /** Whether the answer was one to this step. */
  take(answer: StatusCommand | ResultsCommand): boolean {
    const asked = this.#drafts.get(answer.cmdRef);
    if (asked === undefined || (answer.msgRef !== undefined && answer.msgRef !== this.#msgId)) return false;
    if (answer.verb === 'Status') {
      if (this.#statuses.length >= maxStatuses) return true;
      const [targetRef] = answer.targetRefs;
      const { data: code, originalError } = answer;
      if (!this.#hasRoom(code.length + (targetRef?.length ?? 0) + (originalError?.length ?? 0))) return true;
      this.#statuses.push({
        ...asked,
        code: code.trim(),
        ...(targetRef !== undefined && { targetRef }),
        ...(originalError !== undefined && { originalError }),
      });
      return true;
    }
    for (const { source, target, data = '', moreData } of answer.items) {
      const uri = (source ?? target ?? '').toLowerCase();
      const before = this.#partial.delete(uri) ? (this.#results.get(uri) ?? '') : '';
      if (this.#results.size >= maxStatuses || !this.#hasRoom(uri.length + data.length)) continue;
      this.#results.set(uri, before + data);
      if (moreData === true) this.#partial.add(uri);
    }
    return true;
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

  /** Undefined where the device has said nothing of it: it is asked again in the next session. */
  verdict(): Verdict | undefined {
    const isAnswered = this.#statuses.length > 0 || this.#results.size > 0;
    return isAnswered ? this.step.judge({ statuses: this.#statuses, results: this.#results }) : undefined;
  }
}
