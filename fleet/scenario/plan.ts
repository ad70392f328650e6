import { parseDocument } from 'yaml';
import { z } from 'zod';
import { authorities, type PlatformName, platformNames, profileKinds } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import { readThreshold, type Threshold } from '../metrics/thresholds.js';
import { readDuration } from './duration.js';

const duration = z.string().transform((text, context) => {
  const ms = readDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is no duration; write 250ms, 10s, 5m, 8h or 7d` });
  return z.NEVER;
});
const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities]);
const common = { name: z.string().min(1).max(40).optional(), over: duration.default(0) };
const kinds = z.array(z.enum(profileKinds)).min(1);

const stepShapes = {
  enroll: z.strictObject(common),
  'check-in': z.strictObject({ ...common, expect: kinds.optional() }),
  use: z.strictObject({ ...common, kinds }),
  switch: z.strictObject({ ...common, to: authority, within: duration.default(30_000) }),
  leave: z.strictObject(common),
} as const;
export const stepKinds = Object.keys(stepShapes) as (keyof typeof stepShapes)[];

const step = z.union([
  z.strictObject({ enroll: stepShapes.enroll }),
  z.strictObject({ 'check-in': stepShapes['check-in'] }),
  z.strictObject({ use: stepShapes.use }),
  z.strictObject({ switch: stepShapes.switch }),
  z.strictObject({ leave: stepShapes.leave }),
]);

const deviceCount = z.number().int().min(0).max(1_000_000);
const scenario = z.strictObject({
  name: z.string().min(1).max(80),
  about: z.string().optional(),
  seed: z.string().default('rollcall'),
  devices: z
    .partialRecord(z.enum(platformNames), deviceCount)
    .refine((counts) => Object.values(counts).some((count) => (count ?? 0) > 0), 'no device at all'),
  authority: authority.default('intune'),
  keys: z
    .union([z.literal('fresh'), z.strictObject({ pool: z.number().int().min(1).max(10_000) })])
    .default({ pool: 64 }),
  concurrency: z.number().int().min(1).max(10_000).default(64),
  steps: z.array(step).min(1),
  thresholds: z.array(z.string()).default([]),
});

interface StepBase {
  /** Unique in the plan: the row of the report. */
  readonly name: string;
  /** Devices start evenly spread over this time; 0 starts them at once. */
  readonly overMs: number;
}
export type Step =
  | (StepBase & { readonly kind: 'enroll' | 'leave' })
  | (StepBase & { readonly kind: 'check-in'; readonly expect: readonly (typeof profileKinds)[number][] })
  | (StepBase & { readonly kind: 'use'; readonly kinds: readonly (typeof profileKinds)[number][] })
  | (StepBase & { readonly kind: 'switch'; readonly to: keyof typeof authorities; readonly withinMs: number });

/** What a run will do, checked and frozen. Device counts are totals of the whole run. */
export interface FleetPlan {
  readonly name: string;
  readonly seed: string;
  readonly devices: Readonly<Partial<Record<PlatformName, number>>>;
  /** The authority that the embedded stub starts with. */
  readonly authority: keyof typeof authorities;
  readonly keys: { readonly pool: number } | 'fresh';
  /** How many devices are in a session at the same time, at most. */
  readonly concurrency: number;
  readonly steps: readonly Step[];
  readonly thresholds: readonly Threshold[];
}

/** Reads a scenario. Throws SCENARIO_INVALID with every mistake in `details.problems`. */
export function readFleetPlan(text: string): FleetPlan {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) invalid(document.errors.map((error) => error.message.split('\n')[0] ?? ''));
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 20 }); // aliases are expanded: an amplification otherwise
  } catch (error) {
    invalid([(error as Error).message]);
  }
  const read = scenario.safeParse(raw);
  if (!read.success) invalid(read.error.issues.flatMap(explain));
  const problems: string[] = [];
  const steps = nameSteps(read.data.steps);
  const thresholds: Threshold[] = [];
  for (const line of read.data.thresholds) {
    const threshold = readThreshold(line);
    if (typeof threshold === 'string') problems.push(`thresholds: ${threshold}`);
    else if (!steps.some((each) => each.name === threshold.step))
      problems.push(
        `thresholds: "${line}" names no step; there are ${steps.map((each) => `"${each.name}"`).join(', ')}`,
      );
    else thresholds.push(threshold);
  }
  if (problems.length > 0) invalid(problems);
  const { name, seed, devices, authority: first, keys, concurrency } = read.data;
  return Object.freeze({
    name,
    seed,
    keys,
    concurrency,
    thresholds,
    steps,
    authority: first,
    devices: Object.fromEntries(Object.entries(devices).filter(([, count]) => (count ?? 0) > 0)),
  });
}

/** `ios:300,windows:100` as counts. Throws SCENARIO_INVALID. */
export function readDeviceCounts(text: string): Partial<Record<PlatformName, number>> {
  const counts: Partial<Record<PlatformName, number>> = {};
  const problems: string[] = [];
  for (const part of text.split(',')) {
    const [name = '', count = ''] = part.split(':');
    const platform = platformNames.find((each) => each === name.trim());
    if (platform === undefined || !/^\d{1,7}$/.test(count))
      problems.push(`"${part}" is not PLATFORM:COUNT, such as ios:300`);
    else counts[platform] = (counts[platform] ?? 0) + Number(count);
  }
  if (problems.length > 0) invalid(problems);
  return counts;
}

function nameSteps(raw: z.infer<typeof scenario>['steps']): Step[] {
  const used = new Map<string, number>();
  return raw.map((entry): Step => {
    const [kind, body] = Object.entries(entry)[0] as [Step['kind'], z.infer<(typeof stepShapes)['switch']>];
    const wanted = body.name ?? kind;
    const nth = (used.get(wanted) ?? 0) + 1;
    used.set(wanted, nth);
    const base = { name: nth === 1 ? wanted : `${wanted} (${nth})`, overMs: body.over };
    if (kind === 'switch') return { ...base, kind, to: body.to, withinMs: body.within };
    if (kind === 'use') return { ...base, kind, kinds: (entry as { use: z.infer<typeof stepShapes.use> }).use.kinds };
    if (kind === 'check-in') {
      const expect = (entry as { 'check-in': z.infer<(typeof stepShapes)['check-in']> })['check-in'].expect ?? [];
      return { ...base, kind, expect };
    }
    return { ...base, kind };
  });
}

function explain(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String).join('.');
  if (issue.code === 'invalid_union' && issue.path[0] === 'steps' && issue.path.length === 2)
    return [
      `${at}: a step is one of ${stepKinds.join(', ')}, such as "- check-in: { over: 5s }"`,
      ...unionDetail(issue, at),
    ];
  return [`${at === '' ? 'scenario' : at}: ${issue.message}`];
}

/** The one branch of a union whose only complaint is about its inside: that is the branch that was meant. */
function unionDetail(issue: z.core.$ZodIssueInvalidUnion, at: string): string[] {
  const meant = issue.errors.find((branch) =>
    branch.every((problem) => problem.path.length > 1 || problem.code === 'custom'),
  );
  return (meant ?? []).map((problem) => `${at}.${problem.path.map(String).join('.')}: ${problem.message}`);
}

function invalid(problems: string[]): never {
  throw fleetError('SCENARIO_INVALID', `${problems.length} mistake(s) in the scenario:\n  ${problems.join('\n  ')}`, {
    details: { problems },
  });
}
