import { parseDocument } from 'yaml';
import { z } from 'zod';
import { readDuration } from '../../base/duration.js';
import { deepFreeze } from '../../base/freeze.js';
import {
  type Authority,
  authorities,
  type PlatformName,
  platformNames,
  profileKinds,
} from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import { readThreshold, type Threshold, withImplied } from '../metrics/thresholds.js';

const duration = z.string().transform((text, context) => {
  const ms = readDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is no duration; write 250ms, 10s, 5m, 8h or 7d` });
  return z.NEVER;
});
const authorityNames = Object.keys(authorities) as [Authority, ...Authority[]];
const authority = z.enum(authorityNames);
const common = { name: z.string().min(1).max(40).optional() };
const spread = { over: duration.default(0) };
const kinds = z.array(z.enum(profileKinds)).min(1);

const stepShapes = {
  enroll: z.strictObject({ ...common, ...spread }),
  'check-in': z.strictObject({
    ...common,
    ...spread,
    expect: kinds.optional(),
    'managed-by': authority.optional(),
    stale: z.number().int().min(0).optional(),
  }),
  use: z.strictObject({ ...common, ...spread, kinds, of: authority.optional(), refused: z.boolean().optional() }),
  // The rules of the authority know no way back to unknown (A1).
  switch: z.strictObject({
    ...common,
    to: authority.exclude(['unknown']),
    within: duration.default(30_000),
    absent: z.boolean().optional(),
  }),
  clock: z.strictObject({ ...common, advance: duration }),
  leave: z.strictObject({ ...common, ...spread }),
} as const;
/** The kinds of steps, as a scenario names them. */
export const stepKinds = Object.keys(stepShapes) as (keyof typeof stepShapes)[];

/** `- enroll:` says as much as `- enroll: {}`. */
const orEmpty = <T extends z.ZodType>(shape: T) => z.preprocess((value) => value ?? {}, shape);
const step = z.union([
  z.strictObject({ enroll: orEmpty(stepShapes.enroll) }),
  z.strictObject({ 'check-in': orEmpty(stepShapes['check-in']) }),
  z.strictObject({ use: orEmpty(stepShapes.use) }),
  z.strictObject({ switch: orEmpty(stepShapes.switch) }),
  z.strictObject({ clock: orEmpty(stepShapes.clock) }),
  z.strictObject({ leave: orEmpty(stepShapes.leave) }),
]);

const maxDevices = 1_000_000;
const deviceCount = z.number().int().min(0).max(maxDevices);
const scenario = z.strictObject({
  name: z.string().min(1).max(80),
  about: z.string().optional(),
  seed: z.string().default('rollcall'),
  devices: z.partialRecord(z.enum(platformNames), deviceCount),
  authority: authority.default('intune'),
  keys: z
    .union([z.literal('fresh'), z.strictObject({ pool: z.number().int().min(1).max(10_000) })])
    .default({ pool: 64 }),
  concurrency: z.number().int().min(1).max(10_000).default(64),
  steps: z.array(step).min(1),
  thresholds: z.array(z.string()).default([]),
});

interface Named {
  /** Unique in the plan: the row of the report. */
  readonly name: string;
}
interface StepBase extends Named {
  /** Devices start evenly spread over this time; 0 starts them at once. */
  readonly overMs: number;
}
/** One step of a plan: all devices of the run go through it before the next begins. Times in milliseconds. */
export type Step =
  | (StepBase & { readonly kind: 'enroll' | 'leave' })
  | (StepBase & CheckInStep)
  | (StepBase & UseStep)
  | (Named & SwitchStep)
  /** The embedded stub's clock goes on, and the devices' with it; what devices would do by themselves meanwhile they do not. */
  | (Named & { readonly kind: 'clock'; readonly advanceMs: number });

interface CheckInStep {
  readonly kind: 'check-in';
  /** Kinds of profiles that each device holds afterwards. */
  readonly expect: readonly (typeof profileKinds)[number][];
  /** Who manages each device afterwards, as it knows by its protocol (A6); whose all its profiles are then but the stale ones. */
  readonly managedBy?: Authority;
  /** How many profiles an earlier authority has left behind (A8). Default: none. Platforms have names of their own for some. */
  readonly stale?: number;
}

interface UseStep {
  readonly kind: 'use';
  readonly kinds: readonly (typeof profileKinds)[number][];
  /** Every profile of these kinds that is this authority's; absent: one of each kind. */
  readonly of?: Authority;
  /** The gate is to refuse them (A9). */
  readonly isRefused?: true;
}

interface SwitchStep {
  readonly kind: 'switch';
  readonly to: Authority;
  readonly withinMs: number;
  /** The devices are away, and hear nothing of it. */
  readonly isAbsent?: true;
}

/** A check that cannot be made where a plan is run. */
export interface Omitted {
  readonly name: string;
  readonly why: string;
}

/** How many devices of each platform; those with none are left out. */
export type DeviceCounts = Readonly<Partial<Record<PlatformName, number>>>;

/** What a run will do, checked and frozen. Device counts are totals of the whole run. */
export interface FleetPlan {
  readonly name: string;
  readonly seed: string;
  readonly devices: DeviceCounts;
  /** The authority that the embedded stub starts with. */
  readonly authority: keyof typeof authorities;
  readonly keys: { readonly pool: number } | 'fresh';
  /** How many devices are in a session at the same time, at most. */
  readonly concurrency: number;
  readonly steps: readonly Step[];
  /** Those of the scenario, and no failures in every step whose failures it does not bound. */
  readonly thresholds: readonly Threshold[];
  /** What is not checked, and is told. */
  readonly omitted?: readonly Omitted[];
}

/** How many devices a plan has, of all platforms. */
export const deviceTotal = ({ devices }: Pick<FleetPlan, 'devices'>): number =>
  Object.values(devices).reduce((sum, count) => sum + (count ?? 0), 0);

/**
 * Reads a scenario (YAML text). Throws SCENARIO_INVALID with every mistake in `details.problems`.
 *
 * @example
 * const plan = readFleetPlan('name: mine\ndevices: { ios: 20 }\nsteps: [{ enroll: { over: 5s } }, { leave: {} }]');
 */
export function readFleetPlan(text: string): FleetPlan {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0)
    invalid(document.errors.map((error) => (error.message.split('\n')[0] ?? '').replace(/:$/, '')));
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 20 }); // aliases are expanded: an amplification otherwise
  } catch (error) {
    invalid([(error as Error).message]);
  }
  const read = scenario.safeParse(raw);
  if (!read.success) invalid([...read.error.issues.flatMap(explain), ...thresholdsAlone(raw)]);
  const { name, seed, authority: first, keys, concurrency } = read.data;
  const steps = nameSteps(read.data.steps);
  const devices = withoutNone(read.data.devices);
  const thresholds: Threshold[] = [];
  const problems = problemsOf(devices).map((problem) => `devices: ${problem}`);
  if (steps[0]?.kind !== 'enroll') problems.push('steps.0: no device is enrolled yet: the first step must be enroll');
  for (const [at, line] of read.data.thresholds.entries()) {
    const threshold = readThreshold(line);
    if (typeof threshold === 'string') problems.push(`thresholds.${at}: ${threshold}`);
    else if (!steps.some((each) => each.name === threshold.step)) {
      const known = steps.map((each) => `"${each.name}"`).join(', ');
      problems.push(`thresholds.${at}: "${line}" names no step; there are ${known}`);
    } else thresholds.push(threshold);
  }
  if (problems.length > 0) invalid(problems);
  return deepFreeze({
    name,
    seed,
    keys,
    concurrency,
    steps,
    devices,
    authority: first,
    thresholds: withImplied(thresholds, steps),
  });
}

/** `ios:300,windows:100` as counts. Throws SCENARIO_INVALID. */
export function readDeviceCounts(text: string): DeviceCounts {
  const counts: Partial<Record<PlatformName, number>> = {};
  const problems: string[] = [];
  for (const part of text.split(',')) {
    const [name = '', count = '', ...rest] = part.split(':');
    const platform = platformNames.find((each) => each === name.trim());
    if (platform === undefined || !/^\d{1,7}$/.test(count.trim()) || Number(count) > maxDevices || rest.length > 0)
      problems.push(`"${part}" is not PLATFORM:COUNT, such as ios:300`);
    else counts[platform] = (counts[platform] ?? 0) + Number(count);
  }
  if (problems.length === 0) problems.push(...problemsOf(withoutNone(counts)));
  if (problems.length > 0) invalid(problems, 'Mend --devices.');
  return Object.freeze(withoutNone(counts));
}

const withoutNone = (counts: DeviceCounts): DeviceCounts =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => (count ?? 0) > 0));

const problemsOf = (devices: DeviceCounts): string[] => (deviceTotal({ devices }) === 0 ? ['no device at all'] : []);

/** What is wrong with the thresholds by themselves, for a scenario whose steps could not be read. */
function thresholdsAlone(raw: unknown): string[] {
  const lines: unknown = typeof raw === 'object' && raw !== null && 'thresholds' in raw ? raw.thresholds : undefined;
  if (!Array.isArray(lines)) return [];
  return lines.flatMap((line: unknown, at) => {
    const threshold = typeof line === 'string' ? readThreshold(line) : undefined;
    return typeof threshold === 'string' ? [`thresholds.${at}: ${threshold}`] : [];
  });
}

function nameSteps(raw: z.infer<typeof scenario>['steps']): Step[] {
  const used = new Map<string, number>();
  const nameOf = (wanted: string) => {
    const nth = (used.get(wanted) ?? 0) + 1;
    used.set(wanted, nth);
    return nth === 1 ? wanted : `${wanted} (${nth})`;
  };
  const base = (kind: string, { name, over }: { name?: string | undefined; over: number }) => ({
    name: nameOf(name ?? kind),
    overMs: over,
  });
  return raw.map((entry): Step => {
    if ('enroll' in entry) return { kind: 'enroll', ...base('enroll', entry.enroll) };
    if ('leave' in entry) return { kind: 'leave', ...base('leave', entry.leave) };
    if ('use' in entry) {
      const { kinds, of, refused } = entry.use;
      const more = { ...(of === undefined ? {} : { of }), ...(refused === true ? { isRefused: true as const } : {}) };
      return { kind: 'use', ...base('use', entry.use), kinds, ...more };
    }
    if ('check-in' in entry) {
      const body = entry['check-in'];
      const { expect = [], stale, 'managed-by': managedBy } = body;
      const more = { ...(managedBy === undefined ? {} : { managedBy }), ...(stale === undefined ? {} : { stale }) };
      return { kind: 'check-in', ...base('check-in', body), expect, ...more };
    }
    if ('clock' in entry)
      return { kind: 'clock', name: nameOf(entry.clock.name ?? 'clock'), advanceMs: entry.clock.advance };
    const { name, to, within, absent } = entry.switch;
    const away = absent === true ? { isAbsent: true as const } : {};
    return { kind: 'switch', name: nameOf(name ?? 'switch'), to, withinMs: within, ...away };
  });
}

function explain(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String).join('.');
  if (issue.code === 'invalid_union' && issue.path[0] === 'steps' && issue.path.length === 2) {
    const inside = unionDetail(issue, at);
    return inside.length > 0
      ? inside
      : [`${at}: a step is one of ${stepKinds.join(', ')}, such as "- check-in: { over: 5s }"`];
  }
  return [`${at === '' ? 'scenario' : at}: ${issue.message}`];
}

/** The one branch of a union whose only complaint is about its inside: that is the branch that was meant. */
function unionDetail(issue: z.core.$ZodIssueInvalidUnion, at: string): string[] {
  const meant = issue.errors.find((branch) =>
    branch.every((problem) => problem.path.length > 0 && !isMissing(problem)),
  );
  return (meant ?? []).map((problem) => `${at}.${problem.path.map(String).join('.')}: ${problem.message}`);
}

/** The branch's own word is not there at all: another kind of step was meant. */
const isMissing = (problem: z.core.$ZodIssue) =>
  problem.path.length === 1 && problem.code === 'invalid_type' && /received undefined/.test(problem.message);

function invalid(problems: string[], hint?: string): never {
  throw fleetError(
    'SCENARIO_INVALID',
    `${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`} in what is to be run:\n  ${problems.join('\n  ')}`,
    {
      details: { problems },
      ...(hint === undefined ? {} : { hint }),
    },
  );
}
