import type { Command, Outcome, PlatformName, ProfileKind } from '../protocol/vocabulary.js';
import type { Happening } from './model/happening.js';
import type { Leniency } from './model/leniency.js';
import type { Ports } from './model/ports.js';
import type { CompanyPortal, DeviceFacts, DeviceState } from './model/state.js';
import type { CheckInReason, Invitation, SessionReport } from './platform/driver.js';
import type { DeviceStore } from './store/store.js';

/** What changed on the device itself, in the words that all platforms share, and how that went. */
export interface DeviceChange {
  readonly command: Command;
  readonly outcome: Outcome;
  /** `decide` answered in the device's place. */
  readonly decided?: true;
}

/** A happening with its moment and what it changed on the device. */
type Told<H> = H extends Happening
  ? Omit<H, 'changed'> & { readonly at: number } & (H['type'] extends 'command' | 'declaration'
        ? { readonly changes: readonly DeviceChange[] }
        : unknown)
  : never;

/** What happened on a device, for people and reports to follow. Carries no secrets. `at`: milliseconds, on its clock. */
export type DeviceEvent =
  | {
      readonly type: 'enrolling' | 'left' | 'wiped' | 'disowned';
      readonly authority: string;
      /** The address of the server, where `authority` is another word for it or that of one before. */
      readonly origin?: string;
      readonly at: number;
    }
  /** `changes`: what the enrollment itself installed. */
  | {
      readonly type: 'enrolled';
      readonly authority: string;
      readonly at: number;
      readonly changes: readonly DeviceChange[];
    }
  | { readonly type: 'woken'; readonly at: number }
  | { readonly type: 'check-in'; readonly at: number; readonly reason: CheckInReason }
  | { readonly type: 'checked-in'; readonly at: number; readonly report: SessionReport }
  /** Commands, declarations, trouble and what was lifted, as the platform's link tells them (agent/model/happening.ts). */
  | Told<Happening>
  /** What the device changed by itself, by its own clock: a profile whose date has come is removed. Saved by then. */
  | { readonly type: 'local-act'; readonly at: number; readonly command: Command; readonly outcome: Outcome }
  | {
      readonly type: 'failed';
      readonly at: number;
      readonly during: 'enroll' | 'check-in' | 'leave' | 'local-act';
      readonly error: Error;
    };

/** What a device is made from. */
export interface DeviceOptions {
  readonly platform: PlatformName;
  readonly ports: Ports;
  /** Picks up a stored device. Without it a new one is invented from `ports.random`, changed by `facts`. */
  readonly state?: DeviceState;
  readonly facts?: Partial<DeviceFacts>;
  /** Every change is saved here before the call that caused it returns, and before the authority is told of it. */
  readonly store?: DeviceStore;
  /** May answer a command in the device's place: return an Outcome to override, undefined to let the device act. */
  readonly decide?: (command: Command, state: DeviceState) => Outcome | undefined;
  /** What of the platform's strictness is lifted, by name. Default: nothing. Each time it is used, that is told (`lifted`). */
  readonly lenient?: readonly Leniency[];
  /** A schedule while `run` is on, beside wake-ups and the platform's own schedule. Default, and 0: none. */
  readonly checkInEveryMs?: number;
}

/** One emulated device. One session at a time: calls made meanwhile wait for it, wake-ups made meanwhile are one. */
export interface Device {
  readonly state: DeviceState;
  enroll(invitation: Invitation, signal?: AbortSignal): Promise<void>;
  /** One session, now. `reason` goes to the authority where its protocol has a word for it; default `by-hand`. */
  checkIn(signal?: AbortSignal, reason?: CheckInReason): Promise<SessionReport>;
  /**
   * When this device next can act by itself, in milliseconds since the epoch on its clock, perhaps in the past; undefined:
   * never as it is now (offline it does not check in). For whoever keeps it stored or packed until then, and then calls
   * `actIfDue`. `checkInEveryMs` is not part of it.
   */
  readonly nextActAt: number | undefined;
  /** Does what is due by itself at this moment: local acts, then a check-in. Undefined when no session was due. */
  actIfDue(signal?: AbortSignal): Promise<SessionReport | undefined>;
  /** Removes management by the user's hand: tells the authority if the protocol can, drops all that it installed. */
  leave(signal?: AbortSignal): Promise<void>;
  /**
   * Leaves management without a word to the authority, which may be gone or know nothing of it: drops the enrollment, whatever
   * its state, and all that management installed. What the device is stays. False when there was nothing to forget.
   */
  forget(): Promise<boolean>;
  /** Leaves the present authority and joins another. */
  switchTo(invitation: Invitation, signal?: AbortSignal): Promise<void>;
  lock(): Promise<void>;
  /** Unlocks, and checks in if the device owes that (NotNow). A lost device stays as it is. */
  unlock(): Promise<void>;
  /**
   * Sets a passcode, or with `undefined` switches it off, as a person would. Throws PASSCODE_REFUSED, its details naming the
   * `fault`, where a policy on the device does not let it be set.
   */
  setPasscode(passcode: string | undefined): Promise<void>;
  /**
   * Who is signed in from now on, on platforms where that is told from unlocking (Windows). When somebody signs in, an enrolled device
   * that has a network checks in if its authority wants that: now, or while `run` is on at its next turn.
   */
  signIn(who: 'user' | 'others' | 'none', signal?: AbortSignal): Promise<void>;
  setOnline(online: boolean): Promise<void>;
  /** Switches to this network, or with `none` cuts it as `setOnline(false)` does. */
  setNetwork(network: 'wifi' | 'cellular' | 'none'): Promise<void>;
  /** Installs the Company Portal in this version, or breaks it (`isBroken`); with undefined it is taken away. By convention. */
  setCompanyPortal(portal: CompanyPortal | undefined): Promise<void>;
  rename(deviceName: string): Promise<void>;
  /** Uses a held profile at the authority's gate. Resolves when let through, throws RESOURCE_REFUSED otherwise. By convention. */
  useResource(kind: ProfileKind, name?: string, signal?: AbortSignal): Promise<void>;
  /** Answers wake-ups, keeps its schedule, acts at its moments, retries what may be retried, until aborted. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Asks to be woken, as `run` does, without running: for who holds packed devices of an earlier process. A device that is not
   * enrolled, or that nothing can wake, asks nothing. Throws INTERRUPTED.
   */
  askToBeWoken(signal?: AbortSignal): Promise<void>;
  onEvent(listener: (event: DeviceEvent) => void): () => void;
  close(): Promise<void>;
}
