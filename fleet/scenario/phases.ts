// What happens, one phase after another: entries of a scenario as phases of a plan.
import { meaning } from '../../base/judged.js';
import type { Path, Report } from '../../base/placed-text.js';
import { countOf } from '../load/figures.js';
import { stepKindNames, stepKinds } from '../steps/registry.js';
import type { DeviceGroup, Phase, Selection, Step, StepBase, StepKindName } from './model.js';
import { judge } from './problems.js';
import { faultOf } from './words/faults.js';
import { bodyWords, dayWords, mayComeAgain, type Place, repeatWords } from './words/steps.js';

/** Steps of a whole run. */
const mostSteps = 2000;

/** A step and where it stands, for what can only be judged of all of them. */
export interface PlacedStep {
  readonly step: Step;
  readonly path: Path;
}

export interface Phases {
  readonly phases: Phase[];
  readonly placed: PlacedStep[];
  /** Of all steps, those too that could not be read. */
  readonly names: readonly string[];
}

interface Reading {
  readonly groups: readonly DeviceGroup[];
  readonly report: Report;
  readonly stepNames: Map<string, number>;
  readonly phaseNames: Map<string, number>;
  readonly placed: PlacedStep[];
}

/** The phases that the entries at `path` mean; mistakes are reported. */
export function readPhases(
  entries: readonly unknown[],
  path: Path,
  groups: readonly DeviceGroup[],
  report: Report,
): Phases {
  const reading: Reading = { groups, report, stepNames: new Map(), phaseNames: new Map(), placed: [] };
  const phases = readEntries(entries, path, reading);
  return { phases, placed: reading.placed, names: [...reading.stepNames.keys()] };
}

const readEntries = (entries: readonly unknown[], path: Path, reading: Reading): Phase[] =>
  entries.flatMap((entry, index) => readEntry(entry, [...path, index], reading));

function readEntry(entry: unknown, path: Path, reading: Reading): Phase[] {
  const { report, placed } = reading;
  const found = wordOf(entry, [...stepKindNames, 'day', 'repeat'], path, report);
  if (found === undefined) return [];
  if (placed.length > mostSteps) return [];
  const at = [...path, found.word];
  if (found.word === 'repeat') return repeated(found.body, at, reading);
  if (found.word === 'day') return day(found.body, at, reading);
  const read = readStep(found.word as StepKindName, found.body, at, 'phase', reading);
  if (read === undefined) return [];
  const { step, words } = read;
  const { clock = 1, faults = [] } = words as { clock?: number; faults?: Parameters<typeof faultOf>[0][] };
  return [{ name: nameOf(step.name, reading.phaseNames), scale: clock, steps: [step], faults: faults.map(faultOf) }];
}

/** The one word of an entry, and what stands below it. */
function wordOf(entry: unknown, known: readonly string[], path: Path, report: Report) {
  const example = 'such as "- check-in: { over: 5s }"';
  if (typeof entry === 'string' && known.includes(entry)) return { word: entry, body: {} };
  const keys = typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? Object.keys(entry) : [];
  const [word] = keys;
  if (word === undefined || keys.length > 1) {
    report(path, `expected one step, ${example}: one of ${known.join(', ')}`);
    return undefined;
  }
  if (known.includes(word)) return { word, body: (entry as Record<string, unknown>)[word] ?? {} };
  report([...path, word], `a step is one of ${known.join(', ')}${meaning(word, known)}`, 'key');
  return undefined;
}

function repeated(body: unknown, at: Path, reading: Reading): Phase[] {
  const words = judge(repeatWords, body, at, reading.report);
  if (words === undefined) return [];
  const phases: Phase[] = [];
  for (let turn = 0; turn < words.times; turn++) {
    // What is wrong the first time is not told again.
    const report: Report = turn === 0 ? reading.report : () => undefined;
    phases.push(...readEntries(words.do, [...at, 'do'], { ...reading, report }));
    if (reading.placed.length <= mostSteps) continue;
    reading.report(at, `comes to more than ${mostSteps} steps in all`);
    break;
  }
  return phases;
}

function day(body: unknown, at: Path, reading: Reading): Phase[] {
  const words = judge(dayWords, body, at, reading.report);
  if (words === undefined) return [];
  const { name = 'day', clock = 1, for: forMs, faults = [] } = words;
  const steps = words.do.flatMap((entry, index) => {
    const path = [...at, 'do', index];
    const found = wordOf(entry, stepKindNames, path, reading.report);
    if (found === undefined) return [];
    const read = readStep(found.word as StepKindName, found.body, [...path, found.word], 'day', reading);
    if (read === undefined) return [];
    checkTimes(read.step, forMs, [...path, found.word], reading.report);
    return [read.step, ...again(read.step, read.words, forMs, [...path, found.word], reading)];
  });
  const phase = { name: nameOf(name, reading.phaseNames), scale: clock, steps, faults: faults.map(faultOf) };
  return [forMs === undefined ? phase : { ...phase, forMs }];
}

/** What cannot be within a day of this length. */
function checkTimes(step: Step, dayMs: number | undefined, at: Path, report: Report): void {
  const recurs = 'pace' in step && (step.pace.kind === 'every' || step.pace.kind === 'schedule');
  if (dayMs === undefined) {
    if (recurs && 'pace' in step && !('forMs' in step.pace))
      report(at, 'would go on for ever: say for how long, or give the day its length with for');
    return;
  }
  const beyond = (key: string, ms: number | undefined, what: string): void => {
    if (ms !== undefined && step.atMs + ms > dayMs) report([...at, key], what);
  };
  if (step.atMs >= dayMs) report([...at, 'at'], 'is after the end of the day');
  else {
    if ('pace' in step && recurs && 'forMs' in step.pace)
      beyond('for', step.pace.forMs, 'goes on beyond the end of the day');
    if ('withinMs' in step) beyond('within', step.withinMs, 'goes on beyond the end of the day');
    if (step.kind === 'switch') beyond('for', step.offline?.forMs, 'they would not be back before the day ends');
  }
}

/** The same step once more after each `every`. */
function again(
  step: Step,
  words: Readonly<Record<string, unknown>>,
  dayMs: number | undefined,
  at: Path,
  reading: Reading,
): Step[] {
  const { every, repeat } = words as { every?: number; repeat?: number };
  if (!mayComeAgain(step.kind) || (every === undefined && repeat === undefined)) return [];
  if (every === undefined) reading.report([...at, 'repeat'], 'says nothing without every', 'key');
  else if (repeat === undefined && dayMs === undefined)
    reading.report(
      [...at, 'every'],
      'would go on for ever: say how often with repeat, or give the day its length with for',
    );
  if (every === undefined || (repeat === undefined && dayMs === undefined)) return [];
  const fits = dayMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil((dayMs - step.atMs) / every);
  if (repeat !== undefined && repeat > fits)
    reading.report([...at, 'repeat'], `only ${fits} of them begin before the day ends`);
  const times = Math.min(repeat ?? fits, fits);
  if (times > 1000) reading.report([...at, 'every'], `comes to ${times} steps; 1000 are allowed`);
  const base = step.name;
  return Array.from({ length: Math.max(0, Math.min(times, 1000) - 1) }, (_, nth): Step => {
    const made = { ...step, name: nameOf(base, reading.stepNames), atMs: step.atMs + (nth + 1) * every };
    reading.placed.push({ step: made, path: at });
    return made;
  });
}

/** A name that no other has: with a number from the second on. */
function nameOf(wanted: string, used: Map<string, number>): string {
  for (let nth = (used.get(wanted) ?? 0) + 1; ; nth++) {
    const made = nth === 1 ? wanted : `${wanted} (${nth})`;
    if (nth > 1 && used.has(made)) continue;
    used.set(wanted, nth);
    if (made !== wanted) used.set(made, 1);
    return made;
  }
}

interface Common {
  readonly name?: string;
  readonly at?: number;
  readonly share?: number;
  readonly platforms?: Selection['platforms'];
  readonly groups?: readonly string[];
  readonly arrive?: { readonly total?: number };
}

function readStep(word: StepKindName, written: unknown, at: Path, place: Place, reading: Reading) {
  const { report } = reading;
  const kind = stepKinds[word];
  const isMapping = typeof written === 'object' && written !== null && !Array.isArray(written);
  const body: unknown = isMapping || kind.short === undefined ? written : { [kind.short]: written };
  const words = judge(bodyWords(word, place), body, at, report);
  if (words === undefined) {
    // Thresholds may name it all the same.
    const name: unknown = isMapping ? Reflect.get(written, 'name') : undefined;
    nameOf(typeof name === 'string' ? name : word, reading.stepNames);
    return undefined;
  }
  const common = words as Common;
  const selection = selectionOf(common, at, reading);
  const base: StepBase = {
    name: nameOf(common.name ?? word, reading.stepNames),
    atMs: common.at ?? 0,
    ...(selection === undefined ? {} : { of: selection }),
  };
  const own = Object.fromEntries(Object.entries(body as object).filter(([key]) => key in kind.shape.shape));
  const step: Step = kind.plan(own, base, {
    isInDay: place === 'day',
    tell: (path, problem) => report([...at, ...path], problem),
  });
  reading.placed.push({ step, path: at });
  return { step, words };
}

function selectionOf(common: Common, at: Path, { groups, report }: Reading): Selection | undefined {
  const { share = 1, platforms, groups: names, arrive } = common;
  for (const [index, platform] of (platforms ?? []).entries())
    if (!groups.some((group) => group.platform === platform))
      report([...at, 'platforms', index], `there are no ${platform} devices`);
  const known = groups.map(({ name }) => name);
  for (const [index, name] of (names ?? []).entries())
    if (!known.includes(name))
      report(
        [...at, 'groups', index],
        `no group has this name${meaning(name, known) || `; there are ${known.join(', ')}`}`,
      );
  const of = { ...(platforms === undefined ? {} : { platforms }), ...(names === undefined ? {} : { groups: names }) };
  const there = countOf({ groups }, { ...of, share });
  const total = arrive?.total;
  if (total !== undefined && total > there)
    report([...at, 'arrive', 'total'], `is more than the ${there} devices that the step is for`);
  const part = total !== undefined && total < there ? (share * total) / there : share;
  const selection = { ...of, ...(part < 1 ? { share: part } : {}) };
  return Object.keys(selection).length === 0 ? undefined : selection;
}
