// What a pace comes to, for `fleet plan`: sessions, the busiest second, how long. Pure.
import { showDuration } from '../../base/duration.js';
import type { Arrivals, FleetPlan, Pace, Phase, Selection } from '../scenario/model.js';
import { arrivals } from './arrivals.js';

/** How many devices a selection leaves. */
export function countOf(
  { groups }: Pick<FleetPlan, 'groups'>,
  { share = 1, platforms, groups: names }: Selection = {},
): number {
  const fitting = groups.filter(
    ({ platform, name }) => platforms?.includes(platform) !== false && names?.includes(name) !== false,
  );
  return Math.floor(fitting.reduce((sum, { count }) => sum + count, 0) * share + 0.5);
}

export interface PaceFigures {
  readonly sessions: number;
  /** In the busiest second of real time. */
  readonly peakPerSecond: number;
  /** Milliseconds of the phase's time; undefined: as long as it takes. */
  readonly lastsMs?: number;
  readonly detail: string;
}

/** An authority's own interval, where devices check in as their schedules say (`checkInEvery` of a tenant). */
const usualIntervalMs = 8 * 3_600_000;
/** How often a launcher fetches its configuration by itself. */
const launcherIntervalMs = 3_600_000;

/** How often devices act that do it as their platform does, on average. */
export function scheduleIntervalMs(plan: Pick<FleetPlan, 'groups'>, of: Selection = {}): number {
  const count = countOf(plan, of);
  const isAndroid = of.platforms?.includes('android') !== false;
  const launchers = isAndroid ? countOf(plan, { ...of, platforms: ['android'] }) : 0;
  const perMs = launchers / launcherIntervalMs + (count - launchers) / usualIntervalMs;
  return perMs === 0 ? usualIntervalMs : count / perMs;
}

/**
 * `atMs`: when the step begins; a recurring one goes on to its own end, or its phase's. `scheduleMs`: how often devices act by
 * themselves.
 */
export function paceFigures(
  pace: Pace,
  count: number,
  { scale, forMs: phaseMs }: Pick<Phase, 'scale' | 'forMs'>,
  atMs = 0,
  scheduleMs = usualIntervalMs,
): PaceFigures {
  if (pace.kind === 'open') return openFigures(pace.arrivals, count, scale);
  if (pace.kind === 'closed')
    return { sessions: count, peakPerSecond: 0, detail: `${Math.min(pace.users, count)} at a time` };
  const lastsMs = Math.max(0, pace.forMs ?? (phaseMs ?? 0) - atMs);
  const everyMs = pace.kind === 'every' ? pace.everyMs : scheduleMs;
  const sessions = Math.round((count * lastsMs) / everyMs);
  const detail =
    pace.kind === 'every'
      ? `each every ${showDuration(everyMs)}`
      : `as each platform does, about every ${showDuration(everyMs)}`;
  return { sessions, peakPerSecond: (count * scale * 1000) / everyMs, lastsMs, detail };
}

function openFigures(shape: Arrivals, count: number, scale: number): PaceFigures {
  const lastsMs = lengthOf(shape, count);
  const peak = peakOf(shape, count);
  const peakPerSecond = peak === undefined ? count : Math.min(count, peak * scale);
  return { sessions: count, peakPerSecond, lastsMs, detail: detailOf(shape) };
}

/** Until the last arrives; of Poisson arrivals the mean. */
const lengthOf = (shape: Arrivals, count: number): number => {
  if (shape.shape === 'poisson') return (count / shape.perSecond) * 1000;
  return count === 0 ? 0 : shape.shape === 'spread' ? shape.overMs : arrivals(shape, count, '')(count - 1);
};

/** Per second of the phase's clock; undefined: all at one instant. */
function peakOf(shape: Arrivals, count: number): number | undefined {
  switch (shape.shape) {
    case 'burst':
      return undefined;
    case 'spread':
      return shape.overMs === 0 ? undefined : (count * 1000) / shape.overMs;
    case 'ramp':
      return Math.max(shape.from, shape.to);
    case 'stages':
      return Math.max(...shape.stages.map(({ to }) => to));
    default:
      return shape.perSecond;
  }
}

const perSecond = (rate: number): string => `${rate < 10 ? Number(rate.toFixed(2)) : Math.round(rate)} a second`;

function detailOf(shape: Arrivals): string {
  switch (shape.shape) {
    case 'burst':
      return 'everybody at once';
    case 'spread':
      return shape.overMs === 0 ? 'everybody at once' : `spread over ${showDuration(shape.overMs)}`;
    case 'constant':
      return perSecond(shape.perSecond);
    case 'poisson':
      return `${perSecond(shape.perSecond)} on average, at random`;
    case 'ramp':
      return `${perSecond(shape.from)} to ${perSecond(shape.to)}`;
    case 'stages':
      return shape.stages.map(({ to, forMs }) => `to ${perSecond(to)} in ${showDuration(forMs)}`).join(', ');
  }
}
