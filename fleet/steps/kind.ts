import type { z } from 'zod';
import type { Device, DeviceFacts, DeviceState, Invitation } from '../../agent/index.js';
import type { AuthorityClient } from '../engine/authority-client.js';
import type { Draw } from '../engine/draw.js';
import type { Sink, Subject } from '../metrics/sink.js';
import type { DeviceGroup, FleetPlan, Pace, Phase, Step, StepBase } from '../scenario/model.js';

/**
 * What a file of this folder exports: everything about one kind of step. registry.ts has one line for each; nothing else knows
 * the kinds. The reader, the schema, `fleet plan` and the documentation loop over the registry.
 */
export interface StepKind<S extends Step> {
  /** The word of the scenario. */
  readonly name: S['kind'];
  /** For docs/scenarios.md, the schema and mistakes: what it does, in one sentence. */
  readonly about: string;
  /** What stands below the word, keys that all steps have (`name`, `at`, `of`, ...) apart. */
  readonly shape: z.ZodObject;
  /** The key that a body stands for which is no mapping: `wait: 5m`. */
  readonly short?: string;
  /** A body that fits the shape, as a step. Says what is wrong by `tell`, at a path below the step. */
  plan(body: unknown, base: StepBase, context: PlanContext): S;
  /** What it comes to, for `fleet plan`. */
  load(step: S, context: LoadContext): StepLoad;
  /** Done once, by the coordinator, `atMs` after the phase began; `happened` is told to the engines with what it answers. */
  readonly atAuthority?: (step: S, authority: AuthorityContext) => Promise<unknown>;
  /**
   * It takes the place of an earlier step that is still waited for, such as a switch that of a change: as soon as the authority has done
   * its part, or the device itself where that has none. Absent: of none.
   */
  readonly supersedes?: (step: S, earlier: Step) => boolean;
  /** What devices do, in each engine. Absent: they do nothing. */
  readonly onDevices?: (step: S, engine: EngineContext) => DeviceStep;
}

export interface PlanContext {
  /** In a day, beside others; else it is a phase of its own. */
  readonly isInDay: boolean;
  tell(path: readonly (string | number)[], problem: string): void;
}

export interface LoadContext {
  readonly plan: FleetPlan;
  readonly phase: Phase;
}

/** What a step asks of the machine and the authority. */
export interface StepLoad {
  /** Sessions of devices, in all. */
  readonly sessions: number;
  /** In the busiest second of real time. */
  readonly peakPerSecond: number;
  /** How long it goes on by its schedule, in the phase's time; undefined: as long as it takes. */
  readonly lastsMs?: number;
  /** Which of the costs of docs/performance.md it has: for what this machine can do. */
  readonly cost: 'enroll' | 'check-in' | 'use' | 'leave' | 'none';
  /** In words, such as `10 per second`, `everybody at once`. */
  readonly detail: string;
}

/** The authority as a step sees it. Throws what the admin API throws. */
export interface AuthorityContext {
  readonly admin: AuthorityClient;
  /** The devices that the step is for: their platforms' own identifiers, and who they belong to. */
  readonly chosen: () => readonly { readonly index: number; readonly id: string; readonly user: string }[];
  readonly plan: FleetPlan;
  readonly signal: AbortSignal;
}

/** An engine as a step sees it: its own devices, one clock, one place to write figures. One for each step of a phase. */
export interface EngineContext {
  readonly plan: FleetPlan;
  readonly phase: Phase;
  readonly sink: Sink;
  /** Ends what devices are in the middle of. */
  readonly signal: AbortSignal;
  /** Which of this engine's devices the step is for, by their index in the run, in the order of their arrivals. */
  readonly chosen: () => ArrayLike<number>;
  /** Those of them that a further share hits; `name` keeps shares of one step apart. */
  readonly among: (share: number, name: string) => readonly number[];
  readonly groupOf: (index: number) => DeviceGroup;
  readonly invitation: (index: number, facts: DeviceFacts) => Invitation;
  /** Whose figure it is, for `sink`: the same object for the same device and operation. */
  readonly subject: (index: number, operation?: string) => Subject;
  /** Randomness of this device in this step: the same however many engines there are. */
  readonly random: (index: number, stream: string) => Draw;
  /** Milliseconds of the phase's time since the step began; negative before. */
  readonly ageMs: () => number;
  /** Milliseconds of the run, real, ever rising: what `dueAt` of an act is in. `ageMs`: of what moment of the step. */
  readonly elapsedAt: (ageMs: number) => number;
  /** Later steps leave it out. */
  readonly hasFailed: (index: number) => boolean;
  /** Away a device hears nothing and does nothing by itself. What wakes it meanwhile is answered when it is back. */
  readonly setAway: (index: number, isAway: boolean) => void;
  readonly isAway: (index: number) => boolean;
  /** It was woken and has not answered yet, or is in its turn. */
  readonly isAwaited: (index: number) => boolean;
  /** `act` is called for it at this moment of the step (milliseconds of the phase's time), with `later`; said again, at another. */
  readonly actAt: (index: number, ageMs: number) => void;
  /** It has moved to another authority, or got what changed, at this age of the step. */
  readonly moved: (index: number, ageMs: number) => void;
  /** The device fails for a reason of the step's, such as that it was never woken. */
  readonly fail: (index: number, error: Error) => void;
  /** The stored state of a device, unpacked: costs as much as a small session. */
  readonly peek: (index: number) => DeviceState | undefined;
}

/** Why a device acts: its time has come, it was woken, the step asked for this moment (`actAt`), or it tries again. */
export type ActReason = 'due' | 'woken' | 'later' | 'again';

/** What came of an act, where it is not simply that the device got through. */
export interface Acted {
  /** Neither passed nor failed: the step goes on waiting for this device, or nothing was to be done. */
  readonly isOpen?: true;
  /** When it was meant to begin, in `elapsedAt`'s milliseconds, where that is not when it was due or woken. */
  readonly dueAt?: number;
  /** At what age of the step it counts, in the phase's milliseconds. Default: the present one. */
  readonly ageMs?: number;
}

/** What devices do in one step. The scheduler calls; a rejection is the device's failure, counted with its code. */
export interface DeviceStep {
  /** When devices act by themselves. Absent: only when woken, or not at all. */
  readonly pace?: Pace;
  act?(device: Device, index: number, why: ActReason): Promise<Acted | undefined>;
  /** Shortly before the step begins: what must be so when its time comes. */
  before?(): void;
  /** A wake-up has come: true when this step makes the session that answers it (and `act` is called for it). */
  wantsWake?(index: number): boolean;
  /** After any session of the device in this phase, whichever step made it: such as to see whether it has moved. `before`: its state then. */
  afterSession?(device: Device, index: number, startedAgeMs: number, before: DeviceState): void;
  /** The authority has done its part, at this age of the step (the phase's milliseconds). */
  happened?(value: unknown, ageMs: number): void;
  /** A device that is away has its network again when its moment (`actAt`) comes. Default: then nothing is done. */
  comesBack?(index: number): boolean;
  /** The device has failed, in this step or another one of the phase: true when this step was waiting for it. */
  failed?(index: number): boolean;
  /** A later step has taken its place for the device: true when this step was waiting for it. */
  superseded?(index: number): boolean;
  /** Nothing more is to come of it, of its own accord (a phase without `for` ends when all steps have). */
  isDone(): boolean;
  /** It waits for devices for as long as the phase goes on: where nothing comes any more, nothing else is to be waited for. */
  waitsOn?(): boolean;
  /** The phase is over: counts who never got there. Not called when the run is stopped. */
  end?(): void;
  /** The run was stopped: who has not been through. */
  notStarted?(): Iterable<number>;
}
