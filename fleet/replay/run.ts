// One device of a run, alone through its steps.
import type { DeviceEvent, DeviceState, Leniency } from '../../agent/index.js';
import type { Log } from '../../base/log.js';
import type { Trace } from '../../base/trace.js';
import { leadRun } from '../coordinator/lead.js';
import { openEnginePorts } from '../engine/engine-ports.js';
import type { DeviceFailure } from '../engine/messages.js';
import { castOf, identities } from '../engine/scene.js';
import { chosenFrom } from '../engine/selection.js';
import type { Target } from '../engine/target.js';
import type { LogEvent } from '../log/events.js';
import type { Summary } from '../report/summary.js';
import type { FleetPlan, Step } from '../scenario/model.js';

interface ReplayOptions {
  /** As replay/plan.ts makes it. */
  readonly plan: FleetPlan;
  readonly index: number;
  /** Not closed: whoever opened it does. */
  readonly target: Target;
  readonly lenient: readonly Leniency[];
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly trace?: Trace | undefined;
  /** A step begins, or has ended. */
  readonly onStep: (step: ReplayedStep, event: 'began' | 'ended') => void;
  /** Of this device. */
  readonly onDevice: (event: DeviceEvent) => void;
  readonly onNote: (text: string) => void;
}

/** `elsewhere`: the step was not for this device; `not-tried`: the device failed before, or the run ended. */
export interface ReplayedStep {
  readonly name: string;
  readonly kind: Step['kind'];
  readonly outcome: 'passed' | 'failed' | 'elsewhere' | 'not-tried';
  readonly tookMs: number;
}

export interface Replayed {
  readonly steps: readonly ReplayedStep[];
  readonly failure?: DeviceFailure;
  /** What it was in the end; absent where it never acted. */
  readonly state?: DeviceState;
  readonly summary: Summary;
}

/**
 * Takes the device through the plan's steps, and those with it that share its identity. Ends with the device's first failure. Resolves
 * also where the run could not start: `summary.problem` says why.
 */
export async function replayDevice(options: ReplayOptions): Promise<Replayed> {
  const { plan, index, target, lenient, log, trace, onNote } = options;
  const failed = new AbortController();
  const course = new Course(options);
  let failure: DeviceFailure | undefined;
  let state: DeviceState | undefined;
  const summary = await leadRun({
    plan,
    only: companionsOf(plan, index),
    processes: 1,
    openTarget: async () => ({ ...target, close: async () => undefined }),
    signal: AbortSignal.any([options.signal, failed.signal]),
    log,
    lenient,
    engine: {
      openPorts: (job, ports, onWake) => openEnginePorts(job, ports, onWake, trace === undefined ? {} : { trace }),
      onDevice: (event, of) => of === index && options.onDevice(event),
      onClosing: (population) => {
        state = population.peek(index);
      },
    },
    onEvent(event) {
      if (event.type === 'note' && event.atMs < 0) onNote(event.text); // later ones are of a load
      if (event.type === 'failure' && event.failure.index === index) {
        failure ??= event.failure;
        failed.abort(new Error('the device has failed'));
      }
      course.hear(event, failure);
    },
  });
  return {
    steps: course.steps(failure),
    ...(failure === undefined ? {} : { failure }),
    ...(state === undefined ? {} : { state }),
    summary,
  };
}

/** The device, and with it who has the same identity: the first of those that were to be second ones, and whose it is. */
function companionsOf(plan: FleetPlan, index: number): readonly number[] {
  const cast = castOf(plan);
  const identityOf = identities(plan, cast);
  const own = identityOf(index);
  const all = new Set([index, own]);
  for (let other = 0; all.size === 1 && other < cast.total; other++) if (identityOf(other) === own) all.add(other);
  return [...all].sort((one, other) => one - other);
}

/** Which step goes on, and how each ended. */
class Course {
  readonly #options: ReplayOptions;
  readonly #took = new Map<number, number>();
  readonly #beganAt = new Map<number, number>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  hear(event: LogEvent, failure: DeviceFailure | undefined): void {
    if (event.type !== 'phase') return;
    const { onStep } = this.#options;
    if (event.event === 'began') this.#beganAt.set(event.phase, event.atMs);
    else this.#took.set(event.phase, Math.max(0, event.atMs - (this.#beganAt.get(event.phase) ?? event.atMs)));
    const step = this.steps(failure)[event.phase];
    if (step !== undefined) onStep(step, event.event);
  }

  steps(failure: DeviceFailure | undefined): readonly ReplayedStep[] {
    const { plan, index } = this.#options;
    const cast = castOf(plan);
    const steps = plan.phases.flatMap((phase) => phase.steps);
    const failedAt = steps.findIndex(({ name }) => name === failure?.step);
    return steps.map(({ name, kind, of }, at) => {
      const isForIt = chosenFrom(cast, plan.seed, name, of).includes(index);
      const isOver = this.#took.has(at) && (failedAt === -1 || at < failedAt);
      const outcome = at === failedAt ? 'failed' : !isOver ? 'not-tried' : isForIt ? 'passed' : 'elsewhere';
      return { name, kind, outcome, tookMs: Math.round(this.#took.get(at) ?? 0) };
    });
  }
}
