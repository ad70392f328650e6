// Whose time an engine's main thread spends, by a profile of it.
import type { Profiler } from 'node:inspector/promises';

/** Of 1, of the time in which the thread was not idle. */
export interface Shares {
  /** Due times, starts, phases and their ends. */
  readonly scheduler: number;
  /** Counters, times, the generator's health. */
  readonly recorder: number;
  /** Deltas on their way to the coordinator, and what it says. */
  readonly messages: number;
  readonly busySeconds: number;
}

type Part = 'scheduler' | 'recorder' | 'messages' | 'other';

const scheduling =
  /\/fleet\/engine\/(?:scheduler|due-heap|sources|pacing|postponed|retries|step-run|phase-run|step-scene|draw)\.js$/;
const recorded = /\/fleet\/(?:metrics\/|engine\/through\.js$)/;
const told = /\/fleet\/(?:coordinator\/|engine\/(?:running|engine|messages)\.js$)/;
const own = /\/(?:fleet|agent|protocol|base)\//;

/** Of the innermost function of ours, with what that calls in others' code. */
function partOf(url: string, before: Part): Part {
  if (scheduling.test(url)) return 'scheduler';
  if (recorded.test(url)) return 'recorder';
  if (told.test(url)) return 'messages';
  return own.test(url) ? 'other' : before;
}

export function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const took = new Map<number, number>();
  for (const [at, id] of samples.entries()) took.set(id, (took.get(id) ?? 0) + Math.max(0, timeDeltas[at + 1] ?? 0));
  const sums = { scheduler: 0, recorder: 0, messages: 0, other: 0 };
  const walk = (id: number, before: Part): void => {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') return;
    const part = partOf(node.callFrame.url, before);
    sums[part] += took.get(id) ?? 0;
    for (const child of node.children ?? []) walk(child, part);
  };
  walk(nodes[0]?.id ?? 0, 'other');
  const busy = sums.scheduler + sums.recorder + sums.messages + sums.other;
  return {
    scheduler: sums.scheduler / busy,
    recorder: sums.recorder / busy,
    messages: sums.messages / busy,
    busySeconds: busy / 1e6,
  };
}
