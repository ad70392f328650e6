// What one command of the core is on the wire: steps, each of some SyncML commands in one message, and what the answers come to.
import type { Item, Meta, TreeVerb } from '../../protocol/syncml/message.js';
import { isSuccess, statusText } from '../../protocol/syncml/status.js';
import type { Outcome } from '../../protocol/vocabulary.js';
import type { WindowsMemory } from './memory.js';

/** A command of the tree before it has a CmdID. */
export interface TreeDraft {
  readonly verb: TreeVerb;
  readonly items: readonly Item[];
  readonly meta?: Meta;
}

interface AtomicDraft {
  readonly verb: 'Atomic';
  readonly commands: readonly TreeDraft[];
}

export type Draft = TreeDraft | AtomicDraft;

/** What a device said of one command, or of one item of it. */
export interface DraftStatus {
  readonly draft: Draft;
  /** Place of the command among the drafts of its step, from 0: an Atomic before its members. */
  readonly place: number;
  readonly targetRef?: string;
  readonly code: string;
  readonly originalError?: string;
}

export interface Answers {
  readonly statuses: readonly DraftStatus[];
  /** Data of Results by LocURI in lower case. */
  readonly results: ReadonlyMap<string, string>;
}

export interface Step {
  readonly drafts: readonly Draft[];
  /** What the device's answers come to: the end, or the step that follows in the same session. */
  judge(answers: Answers): Verdict;
}

/** A step that is to be said. */
export interface WaitingStep {
  readonly commandId: string;
  readonly step: Step;
  /** Nothing is said after it. */
  readonly isLast?: boolean;
}

/** How a step ended; `remember` is kept of the device with it. */
export type Verdict =
  | { readonly outcome: Outcome; readonly remember?: (memory: WindowsMemory) => WindowsMemory }
  | { readonly next: Step };

export const leaf = (uri: string, data: string, format = 'chr'): Item => ({ target: uri, meta: { format }, data });
export const add = (uri: string, data: string, format?: string): TreeDraft => ({
  verb: 'Add',
  items: [leaf(uri, data, format)],
});
export const replace = (uri: string, data: string, format?: string): TreeDraft => ({
  verb: 'Replace',
  items: [leaf(uri, data, format)],
});
export const remove = (uri: string): TreeDraft => ({ verb: 'Delete', items: [{ target: uri }] });
export const exec = (uri: string): TreeDraft => ({ verb: 'Exec', items: [{ target: uri }] });
export const get = (...uris: readonly string[]): TreeDraft => ({
  verb: 'Get',
  items: uris.map((target) => ({ target })),
});
export const atomic = (...commands: readonly TreeDraft[]): AtomicDraft => ({ verb: 'Atomic', commands });

/** The address that a draft is about, for people. */
export const aboutOf = (draft: Draft): string =>
  draft.verb === 'Atomic' ? 'Atomic' : `${draft.verb} ${draft.items[0]?.target ?? ''}`;

/** Undone or not begun because of another: not what was wrong. */
const consequences = new Set(['214', '215', '216', '507']);

/**
 * The Status that says what went wrong: the first failure that is no consequence of another one. `accepted`: codes that are good
 * enough for this command.
 */
export function failureIn(
  { statuses }: Answers,
  accepted: (status: DraftStatus) => boolean = () => false,
): DraftStatus | undefined {
  const failed = statuses.filter((status) => !isSuccess(status.code) && !accepted(status));
  return failed.find(({ code }) => !consequences.has(code)) ?? failed[0];
}

/** A failed outcome that names command, node and code. */
export function failedBy({ draft, targetRef, code, originalError }: DraftStatus): Outcome & { status: 'failed' } {
  const about = targetRef === undefined ? aboutOf(draft) : `${draft.verb} ${targetRef}`;
  const error = originalError === undefined ? '' : ` (${originalError.slice(0, 20)})`;
  return {
    status: 'failed',
    reason: `${about.slice(0, 1500)}: ${statusText(code.slice(0, 20))}${error}`,
    code: originalError === undefined ? code.slice(0, 20) : `${code.slice(0, 20)} ${originalError.slice(0, 20)}`,
  };
}

/** Of a node that not every device has, or that it has not now: so it says. */
const inability = /^40[456]\b/;

/** Executes what not every device can, or not at every time (a PC without a PIN cannot be locked): then it is not supported (M4). */
export function ability(uri: string): Step {
  const { drafts, judge } = simply([exec(uri)]);
  return {
    drafts,
    judge(answers) {
      const verdict = judge(answers);
      if ('next' in verdict || verdict.outcome.status !== 'failed' || !inability.test(verdict.outcome.code ?? ''))
        return verdict;
      return { ...verdict, outcome: { ...verdict.outcome, isUnsupported: true } };
    },
  };
}

/** A step that is done where nothing failed; what a Get brought is its data. */
export function simply(
  drafts: readonly Draft[],
  {
    accepted,
    remember,
  }: {
    readonly accepted?: (status: DraftStatus) => boolean;
    readonly remember?: (memory: WindowsMemory) => WindowsMemory;
  } = {},
): Step {
  return {
    drafts,
    judge(answers) {
      const failure = failureIn(answers, accepted);
      if (failure !== undefined) return { outcome: failedBy(failure) };
      const { results } = answers;
      return {
        outcome: { status: 'done', ...(results.size > 0 && { data: { nodes: Object.fromEntries(results) } }) },
        ...(remember !== undefined && { remember }),
      };
    },
  };
}
