import type { z } from 'zod';
import type { Device, DeviceFacts, Invitation } from '../../agent/index.js';
import type { AuthorityClient } from '../engine/authority-client.js';
import type { Sink } from '../metrics/sink.js';
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
  /** A body that fits the shape, as a step. Says what is wrong by `tell`, at a path below the step. */
  plan(body: unknown, base: StepBase, context: PlanContext): S;
  /** What it comes to, for `fleet plan`. */
  load(step: S, context: LoadContext): StepLoad;
  /** Done once, by the coordinator, `atMs` after the phase began; `happened` is told to the engines with what it answers. */
  readonly atAuthority?: (step: S, authority: AuthorityContext) => Promise<unknown>;
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
  /** Who the devices belong to, by index, for those that the step is for. */
  readonly chosen: () => readonly { readonly index: number; readonly user: string }[];
  readonly plan: FleetPlan;
  readonly signal: AbortSignal;
}

/** An engine as a step sees it: its own devices, one clock, one place to write figures. */
export interface EngineContext {
  readonly plan: FleetPlan;
  readonly phase: Phase;
  readonly sink: Sink;
  readonly signal: AbortSignal;
  /** Which of this shard's devices the step is for, in the order of their arrivals. */
  readonly chosen: () => readonly number[];
  readonly groupOf: (index: number) => DeviceGroup;
  readonly invitation: (index: number, facts: DeviceFacts) => Invitation;
  /** Randomness of this device in this step: the same however many engines there are. */
  readonly random: (index: number, stream: string) => { fraction(): number; integer(below: number): number };
  /** Milliseconds of the phase's time since the step began. */
  readonly ageMs: () => number;
  /** Sets the network of a device: away it hears nothing and does nothing by itself. */
  readonly setAway: (index: number, isAway: boolean) => Promise<void>;
  /** `wait`: on the phase's clock. */
  readonly wait: (ms: number) => Promise<void>;
}

/** What devices do in one step. The scheduler calls; a rejection is the device's failure, counted with its code. */
export interface DeviceStep {
  /** When devices act by themselves. Absent: only when woken, or not at all. */
  readonly pace?: Pace;
  act?(device: Device, index: number): Promise<void>;
  /** A wake-up has come: true when this step makes the session that answers it (and `act` is called for it). */
  wantsWake?(index: number): boolean;
  /** After any session of the device in this phase, whichever step made it: such as to see whether it has moved. */
  afterSession?(device: Device, index: number, startedAtMs: number): void;
  /** The authority has done its part, at this moment of the phase's time. */
  happened?(value: unknown, scenarioMs: number): void;
  /** Nothing more is to come of it, of its own accord (a phase without `for` ends when all steps have). */
  isDone(): boolean;
  /** The phase is over: counts who never got there. */
  end?(): void;
}
