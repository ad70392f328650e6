// What a run will do, checked and frozen: plain values, the same in every process of the run and in its log.
import type { Authority, PlatformName, ProfileKind } from '../../protocol/vocabulary.js';

/** Devices that are alike. `count` is exact, of the whole run. */
export interface DeviceGroup {
  /** Unique in the plan: what the scenario calls it, else the platform and a number. */
  readonly name: string;
  readonly platform: PlatformName;
  readonly count: number;
  /** Version of the operating system, or hardware model; the rest is made to fit. */
  readonly os?: string;
  readonly model?: string;
  readonly ownership?: 'personal' | 'company';
  /** Of 1: how many are supervised (iOS). */
  readonly supervised?: number;
  /** How they enroll, where the platform has several ways; weights. Default: as a person does. */
  readonly enrolled?: readonly { readonly as: string; readonly weight: number }[];
  /** How often the device tells of itself beside its check-ins (Android's sync/info), in the scenario's milliseconds. */
  readonly infoEveryMs?: number;
}

/** Who the devices belong to, by device index. */
export type Users =
  | { readonly devicesEach: number }
  /** So many people, in turn. */
  | { readonly count: number }
  /**
   * Rows of a CSV, read when the scenario was: a row for each device, from the start again when there are fewer. `isWithheld`:
   * without passwords and tokens; who needs these reads the file again.
   */
  | { readonly rows: readonly UserRow[]; readonly file: string; readonly isWithheld?: true };
/** One row. Password and token are in no message between processes, no report and no log (fleet/engine/secrets.ts). */
export interface UserRow {
  readonly user: string;
  readonly password?: string;
  /** In the place of a sign-in (Windows). */
  readonly token?: string;
  /** Other columns, for templates of addresses. */
  readonly values: Readonly<Record<string, string>>;
}

/** When devices start, each once, whether or not earlier ones have ended (open model). Rates: per second of the phase's clock. */
export type Arrivals =
  /** Evenly over a time; 0: all at one instant. */
  | { readonly shape: 'spread'; readonly overMs: number }
  | { readonly shape: 'constant'; readonly perSecond: number }
  /** The rate grows evenly in time from one to the other, which the last arrival reaches. */
  | { readonly shape: 'ramp'; readonly from: number; readonly to: number }
  /** Independent arrivals of this mean rate. */
  | { readonly shape: 'poisson'; readonly perSecond: number }
  /** Everybody at one instant. */
  | { readonly shape: 'burst' }
  /** One after another; a stage goes evenly from the rate before it to its own. The last goes on until all have arrived. */
  | { readonly shape: 'stages'; readonly stages: readonly { readonly to: number; readonly forMs: number }[] };

/** When a device does what a step asks of it. */
export type Pace =
  | { readonly kind: 'open'; readonly arrivals: Arrivals }
  /** So many at a time, of the whole run: the next begins when one has ended. */
  | { readonly kind: 'closed'; readonly users: number }
  /** Again and again, each at a moment of its own of the first interval; `jitter`: of 1, either way. */
  | { readonly kind: 'every'; readonly everyMs: number; readonly jitter: number; readonly forMs?: number }
  /** As the platform does by itself: its own schedule and what the authority's wake-ups ask for. */
  | { readonly kind: 'schedule'; readonly jitter: number; readonly forMs?: number };

/** How long a person thinks, how much something varies: milliseconds. */
export type Distribution =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'exponential'; readonly mean: number };

/** Which devices a step is for. Default: all. */
export interface Selection {
  /** Of 1, chosen by the seed and the step's name. */
  readonly share?: number;
  readonly platforms?: readonly PlatformName[];
  /** Names of device groups. */
  readonly groups?: readonly string[];
}

export interface StepBase {
  /** Unique in the plan: the row of the report, and the NAME of a threshold. */
  readonly name: string;
  /** When it begins, after its phase began; milliseconds of the phase's clock. */
  readonly atMs: number;
  readonly of?: Selection;
}

export interface EnrollStep extends StepBase {
  readonly kind: 'enroll';
  readonly pace: Pace;
}
export interface LeaveStep extends StepBase {
  readonly kind: 'leave';
  readonly pace: Pace;
}
export interface CheckInStep extends StepBase {
  readonly kind: 'check-in';
  readonly pace: Pace;
  /** Kinds of profiles that each device holds afterwards. */
  readonly expect: readonly ProfileKind[];
  /** Who manages each device afterwards, as it knows by its protocol (A6). */
  readonly managedBy?: Authority;
  /** How many profiles an earlier authority has left behind (A8); with `managedBy` alone: none. */
  readonly stale?: number;
}
export interface UseStep extends StepBase {
  readonly kind: 'use';
  readonly pace: Pace;
  readonly kinds: readonly ProfileKind[];
  /** Every profile of these kinds that is this authority's; absent: one of each kind. */
  readonly whose?: Authority;
  /** The gate is to refuse them (A9). */
  readonly isRefused?: true;
  /** Between two kinds. */
  readonly thinkTime?: Distribution;
}
export interface SwitchStep extends StepBase {
  readonly kind: 'switch';
  readonly to: Authority;
  /** How long the step waits for devices to move, in the phase's time; in a day: until the phase ends. */
  readonly withinMs?: number;
  /**
   * Of 1: who is away when it happens, and for how long from then on; they check in when they are back. Without `forMs`: until a later
   * step has them act by a pace; they are done with this one at once, and count as passed.
   */
  readonly offline?: { readonly share: number; readonly forMs?: number };
}
/** The stub's clock goes on, and the devices' with it; what devices would do by themselves meanwhile they do not. */
export interface ClockStep extends StepBase {
  readonly kind: 'clock';
  readonly advanceMs: number;
}
/** Everybody is woken at one instant by the authority, and checks in. */
export interface HerdStep extends StepBase {
  readonly kind: 'herd';
  readonly withinMs?: number;
}
/** A profile of the authority changes; those who hold it are notified. `set`: keys of its settings. */
export interface ChangeStep extends StepBase {
  readonly kind: 'change';
  readonly profile: string;
  readonly set: Readonly<Record<string, string | number | boolean>>;
  readonly withinMs?: number;
}
/** Users (of the devices that the step is for) get or lose a licence, under coexistence. */
export interface LicencesStep extends StepBase {
  readonly kind: 'licences';
  readonly add?: string;
  readonly remove?: string;
  readonly withinMs?: number;
}
/** Coexistence is switched on (there is no way back). */
export interface CoexistenceStep extends StepBase {
  readonly kind: 'coexistence';
}
/** Devices renew their identity certificates, as the platform does it. */
export interface RenewStep extends StepBase {
  readonly kind: 'renew';
  readonly pace: Pace;
}
/** Devices are wiped and enroll again. */
export interface ChurnStep extends StepBase {
  readonly kind: 'churn';
  readonly pace: Pace;
}
/** The administrator retires devices; they are told at their next session. */
export interface RetireStep extends StepBase {
  readonly kind: 'retire';
  readonly withinMs?: number;
}
/** Nothing happens for a while. */
export interface WaitStep extends StepBase {
  readonly kind: 'wait';
  readonly forMs: number;
}

/** One thing that devices do, or that is done to them: a row of the report. `kind` is the word of the scenario. */
export type Step =
  | EnrollStep
  | LeaveStep
  | CheckInStep
  | UseStep
  | SwitchStep
  | ClockStep
  | HerdStep
  | ChangeStep
  | LicencesStep
  | CoexistenceStep
  | RenewStep
  | ChurnStep
  | RetireStep
  | WaitStep;
export type StepKindName = Step['kind'];

/** What is wrong with a share of the devices, or of their network, chosen by the seed; each entry chooses by itself. */
export type Fault = { readonly share: number } /** `probability`: of 1, of each request. */ & (
  | { readonly kind: 'connection-dropped'; readonly probability: number }
  | { readonly kind: 'slow-reads'; readonly bytesPerSecond: number }
  | { readonly kind: 'latency'; readonly ms: Distribution }
  | { readonly kind: 'clock'; readonly skewMs: number }
  | { readonly kind: 'wrong-signature' }
  /** The device is a second one with the identity of another. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'malformed'; readonly probability: number }
);

/** Steps that go on at the same time, on one clock. The next phase begins when all of them have ended, or at its end. */
export interface Phase {
  /** Unique in the plan. Of a phase with one step: that step's name. */
  readonly name: string;
  /** How many milliseconds of the phase pass in a real one: 1440 makes a day a minute. */
  readonly scale: number;
  /** It ends after so long, in its own time, whatever still recurs. Absent: when its steps have ended. */
  readonly forMs?: number;
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
}

/** A check that cannot be made where a plan is run. */
export interface Omitted {
  readonly name: string;
  readonly why: string;
}

/** What a run will do. Device counts are totals of the whole run. */
export interface FleetPlan {
  readonly version: 1;
  readonly name: string;
  readonly about?: string;
  readonly seed: string;
  readonly groups: readonly DeviceGroup[];
  readonly users: Users;
  /** The authority that the embedded stub starts with. */
  readonly authority: Authority;
  /** Tenant file of the embedded stub, absolute. */
  readonly tenant?: string;
  readonly keys: { readonly pool: number } | 'fresh';
  /** How many devices of the whole run are in a session at the same time, at most: who must wait is late, and counted. */
  readonly concurrency: number;
  /** Arrivals that could not start so long after their time are dropped, and counted; undefined: they start late. Real ms. */
  readonly dropAfterMs?: number;
  /** `shared`: connections outlive sessions, and devices of one identity use each other's. */
  readonly connections: 'per-session' | 'shared';
  readonly phases: readonly Phase[];
  /** As they were written (fleet/metrics/grammar.ts reads them), and no failures in every step whose failures none bounds. */
  readonly thresholds: readonly string[];
  readonly abortOn: readonly string[];
  readonly omitted: readonly Omitted[];
}

/** How many devices a plan has. */
export const deviceTotal = ({ groups }: Pick<FleetPlan, 'groups'>): number =>
  groups.reduce((sum, { count }) => sum + count, 0);
