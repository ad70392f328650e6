// What a run's coordinator and its engines say to each other: plain values over one channel, the same within one process, between
// processes and, later, machines. An engine runs one shard; it decides nothing that another would have to know.
import type { DeviceFacts } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { Delta } from '../metrics/delta.js';
import type { FleetPlan } from '../scenario/model.js';

/**
 * Shard i of n has the devices k of [from, to) with k mod n = i, in that order: arrival k of every step is device k's, and so the
 * shard's. Nothing that a device is or does depends on n.
 */
export interface ShardJob {
  readonly v: 1;
  readonly runId: string;
  readonly shard: { readonly i: number; readonly n: number };
  readonly devices: { readonly from: number; readonly to: number };
  /** Indexes of the run to which it is restricted (`--only-failed`, `--replay`); absent: all. */
  readonly only?: readonly number[];
  readonly plan: FleetPlan;
  readonly target: EngineTarget;
  /** Secrets (tokens, passwords, CA keys) never travel here; an engine that is forked reads them from its environment. */
  readonly keysFolder?: string;
  /** Folder in which the fleet is kept; absent: in memory. */
  readonly stateFolder?: string;
  readonly lenient: readonly string[];
  /** Of the state folder, this run's: greater than all before. With `stateFolder` alone. */
  readonly generation?: number;
  /** Devices are taken from the state folder as they are, and need not enroll. */
  readonly isResumed?: boolean;
  readonly live: { readonly everyMs: number };
  readonly stop: { readonly gracefulMs: number };
  /** Local addresses that connections are spread over; empty: the system's choice. */
  readonly localAddresses: readonly string[];
  readonly versions: { readonly tool: string; readonly protocol: 1 };
}

/** Where devices of a run enroll and wait; what an engine needs of a Target. */
export interface EngineTarget {
  readonly url: string;
  readonly pushUrl?: string;
  /** PEM. */
  readonly ca?: string;
  readonly allowHttp?: boolean;
  /** It has a clock that devices can follow (the stub's). */
  readonly hasClock: boolean;
  readonly isEmbedded: boolean;
  /** How devices are invited, by platform (fleet/engine/invitation.ts). */
  readonly invitations: Readonly<Partial<Record<PlatformName, InvitationTemplate>>>;
  readonly mqttPort?: number;
  /** Windows: the token service of the directory that devices join before they enroll. */
  readonly entra?: string;
  /** What new devices are beside what the scenario says, by platform, as their facts have it (`native`). */
  readonly native?: Readonly<Partial<Record<PlatformName, DeviceFacts['native']>>>;
}

/** `{id}`, `{index}`, `{user}`, `{serial}` and the columns of the users' CSV stand for what is each device's own, percent-encoded in addresses. */
export interface InvitationTemplate {
  /** Under which the device remembers who manages it: an origin, or the name of a file. */
  readonly authority: string;
  readonly url?: string;
  /** A document (a profile, a QR code's JSON) that was read when the run was prepared; base64. In JSON the same stands for each device's own. */
  readonly document?: string;
}

export type ToEngine =
  | { readonly type: 'job'; readonly job: ShardJob }
  /**
   * Begins phase `phase` when the wall clock shows `wallAt`; the phase's time is then `scenarioAt` (ms since the epoch, on the
   * devices' clock) and runs `scale` times as fast.
   */
  | {
      readonly type: 'begin';
      readonly phase: number;
      readonly wallAt: number;
      readonly scenarioAt: number;
      readonly scale: number;
    }
  /** What a step does at the authority has been done: devices' times count from `wallAt`. `value`: what the authority answered. */
  | {
      readonly type: 'happened';
      readonly step: string;
      readonly wallAt: number;
      readonly scenarioAt: number;
      readonly value?: unknown;
    }
  /** The phase ends now: what recurs stops, who is in a session ends it. The engine answers `phase-done`. */
  | { readonly type: 'end-phase'; readonly phase: number }
  /** No more phases: answer `result`. */
  | { readonly type: 'finish' }
  /** Stop: start nothing, end sessions within `gracefulMs`, answer `result` with what was measured. `hard`: at once. */
  | { readonly type: 'stop'; readonly hard: boolean; readonly why: string }
  /** Each second; answered by `pong` at once. An engine that hears none for ten stops sending by itself. */
  | { readonly type: 'ping' };

export type FromEngine =
  /** Keys, TLS contexts and addresses are ready: nothing was sent to the target but to see that it is there. */
  | { readonly type: 'preparing'; readonly what: string; readonly done: number; readonly total: number }
  | { readonly type: 'ready'; readonly devices: number; readonly keys: number; readonly enrolled: number }
  | { readonly type: 'not-ready'; readonly error: EngineError }
  /** What was measured since the last: at most each `live.everyMs`, the last one before `phase-done` and `result`. */
  | { readonly type: 'delta'; readonly seq: number; readonly delta: Delta }
  | { readonly type: 'failures'; readonly failures: readonly DeviceFailure[] }
  /** How late the phase's first start was behind `wallAt`. */
  | { readonly type: 'began'; readonly phase: number; readonly skewMs: number }
  | { readonly type: 'phase-done'; readonly phase: number }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'pong' }
  | { readonly type: 'result'; readonly result: ShardResult }
  /** It cannot go on: a bug, or the target is gone for good. A result follows if it can. */
  | { readonly type: 'problem'; readonly error: EngineError };

export interface EngineError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly stack?: string;
}

/** A device's first failure: it is left out of later steps, which count it as skipped. */
export interface DeviceFailure {
  readonly index: number;
  readonly platform: PlatformName;
  /** What the device is known by. */
  readonly id: string;
  readonly step: string;
  readonly code: string;
  /** Of ENROLL_REFUSED: the authority's own code (docs/enrollment.md), where it gave one. */
  readonly refusal?: string;
  /** In words, with the authority's remedies or the hint. */
  readonly message: string;
  /** What the authority itself said, where it said something. */
  readonly reason?: string;
  /** Milliseconds after the run began, real and the scenario's. */
  readonly atMs: number;
  readonly scenarioMs: number;
}

/** What one shard came to (specs/load.md, 3.6): counters and histograms are in its deltas, which add up exactly. */
export interface ShardResult {
  readonly v: 1;
  readonly runId: string;
  readonly shard: number;
  readonly outcome: 'completed' | 'cancelled' | 'failed';
  readonly devices: {
    readonly planned: number;
    readonly started: number;
    readonly enrolled: number;
    readonly failed: number;
    readonly switched: number;
  };
  readonly startSkewMs: number;
  readonly worker: { readonly pid: number; readonly host: string; readonly cores: number; readonly tool: string };
  readonly keys: number;
}

/** One side of the channel. */
export interface Channel<Out, In> {
  post(message: Out): void;
  /** One listener. */
  listen(listener: (message: In) => void): void;
  close(): void;
}
