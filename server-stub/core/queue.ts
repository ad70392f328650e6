// The commands of one device. Order of queueing is order of delivery; one answered `later` keeps its place until the next session.
import type { Authority, Command, Outcome } from '../../protocol/vocabulary.js';
import type { QueuedCommand, TenantPorts } from './types.js';

/** What the core itself wants done about a profile; administrators' commands have none. */
export type Work =
  | { readonly kind: 'install'; readonly name: string; readonly authority: Authority; readonly version: string }
  | { readonly kind: 'remove'; readonly name: string };

export const workKey = (work: Work): string =>
  work.kind === 'install' ? `install ${work.authority} ${work.version} ${work.name}` : `remove ${work.name}`;

export interface Entry {
  readonly id: string;
  readonly command: Command;
  readonly queuedAt: number;
  readonly by: 'core' | 'administrator';
  readonly work?: Work;
  status: QueuedCommand['status'];
  /** It went out at least once: an answer may come at any time, and the device may have obeyed. */
  wasSent: boolean;
  outcome?: Outcome;
  answeredAt?: number;
}

/** Asked in each session: of these the last answer alone is kept, so that others are not lost for them. */
const isRoutine = ({ command, by }: Entry): boolean =>
  by === 'core' && command.kind === 'inventory' && command.of === 'security';

/** Commands that were answered, per device: the newest are kept. */
const keptAnswers = 32;

/** What was answered before a restart. */
export interface KeptAnswers {
  /** As it is stored (answered.ts). */
  readonly text: string;
  read(): readonly Entry[];
}

export class CommandQueue {
  #open: Entry[];
  #answered: Entry[];
  #kept: KeptAnswers | undefined;

  constructor(open: readonly Entry[] = [], kept?: KeptAnswers) {
    this.#open = [...open];
    this.#answered = [];
    this.#kept = kept;
  }

  get open(): readonly Entry[] {
    return this.#open;
  }

  get answered(): readonly Entry[] {
    if (this.#kept !== undefined) this.#answered = this.#kept.read().slice(-keptAnswers);
    this.#kept = undefined;
    return this.#answered;
  }

  /** The answers as they are stored, where nobody has asked for them since. */
  get keptText(): string | undefined {
    return this.#kept?.text;
  }

  get size(): number {
    return this.#open.length;
  }

  add(entry: Entry): void {
    this.#open.push(entry);
  }

  /** Whether the answer to this command would be taken. */
  awaits(id: string): boolean {
    return this.#open.some((entry) => entry.id === id && entry.wasSent);
  }

  /** Whether an answer to this command was taken, and ended it. */
  hasAnswered(id: string): boolean {
    return this.answered.some((entry) => entry.id === id);
  }

  /** Whether `next` would return one. */
  get hasNext(): boolean {
    return this.#open.some(({ status }) => status === 'waiting');
  }

  /** What was sent and not answered, or answered `later`, is delivered again, in its old place. */
  beginSession(): void {
    for (const entry of this.#open) entry.status = 'waiting';
  }

  next(): Entry | undefined {
    const entry = this.#open.find(({ status }) => status === 'waiting');
    if (entry === undefined) return undefined;
    entry.status = 'sent';
    entry.wasSent = true;
    return entry;
  }

  /** Takes an answer. Undefined when the command is unknown, never went out, or was answered before. */
  answer(id: string, outcome: Outcome, now: number): Entry | undefined {
    const index = this.#open.findIndex((entry) => entry.id === id);
    const entry = this.#open[index];
    if (entry === undefined || !entry.wasSent) return undefined;
    entry.outcome = outcome;
    entry.answeredAt = now;
    entry.status = outcome.status;
    if (outcome.status === 'later') return entry;
    this.#open.splice(index, 1);
    const before = isRoutine(entry) ? this.answered.filter((other) => !isRoutine(other)) : this.answered;
    this.#answered = [...before, entry].slice(-keptAnswers);
    return entry;
  }

  /** Delivers those of a lower rank first, and of one rank in the order of queueing. True where that changed the order. */
  arrange(rank: (entry: Entry) => number): boolean {
    const arranged = [...this.#open].sort((a, b) => rank(a) - rank(b));
    if (arranged.every((entry, index) => entry === this.#open[index])) return false;
    this.#open = arranged;
    return true;
  }

  /** Takes out what shall no longer be done, and returns it. */
  cancel(unwanted: (entry: Entry) => boolean): readonly Entry[] {
    if (this.#open.length === 0) return [];
    const cancelled = this.#open.filter(unwanted);
    if (cancelled.length > 0) this.#open = this.#open.filter((entry) => !cancelled.includes(entry));
    return cancelled;
  }
}

export const toQueuedCommand = (deviceId: string, entry: Entry, command = entry.command): QueuedCommand => ({
  id: entry.id,
  deviceId,
  command,
  queuedAt: entry.queuedAt,
  status: entry.status,
  by: entry.by,
  ...(entry.outcome === undefined ? {} : { outcome: entry.outcome }),
  ...(entry.answeredAt === undefined ? {} : { answeredAt: entry.answeredAt }),
});

/** Puts a command at the end of a queue. `work`: what the core wants done by it. Nothing is stored, nobody is notified. */
export function enqueue(
  { random, clock }: Pick<TenantPorts, 'random' | 'clock'>,
  queue: CommandQueue,
  command: Command,
  by: Entry['by'],
  work?: Work,
): Entry {
  const entry: Entry = {
    id: random.uuid(),
    command,
    queuedAt: clock.now(),
    by,
    ...(work === undefined ? {} : { work }),
    status: 'waiting',
    wasSent: false,
  };
  queue.add(entry);
  return entry;
}
