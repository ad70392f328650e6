// Faults of the wire, set by whoever tests: a message is lost, late or answered by something before the authority. None of them
// makes a decision: what the authority finds and what it does about it stays as it is. By convention; no protocol has them.
import type { Clock } from '../../base/clock.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';

/**
 * `push.drop`: a notification is handed on and lost. `answer.drop`: a request is handled, and the connection ends before the
 * answer. `answer.delay`: the answer comes later. `http.status`: a request is answered with this status, and never handled.
 * `checkout.drop`: the connection ends before what says that a device leaves is handled. `bms.hold`: Basic Mobility and Security is ready
 * later than it would be.
 */
export const faultKinds = [
  'push.drop',
  'answer.drop',
  'answer.delay',
  'http.status',
  'checkout.drop',
  'bms.hold',
] as const;
type FaultKind = (typeof faultKinds)[number];

/**
 * What a request is of. `enroll`: all until the device is known, of a device that is known its Authenticate and TokenUpdate.
 * `certificate`: SCEP. `session`: all that belongs to a check-in. `poll`: a request that waits for a notification.
 */
export const operations = ['enroll', 'certificate', 'renew', 'session', 'checkOut', 'poll', 'file'] as const;
export type Operation = (typeof operations)[number];

/** What is known of a message. */
export interface About {
  readonly platform?: PlatformName | undefined;
  /** The platform's own id. */
  readonly deviceId?: string | undefined;
  readonly operation?: Operation | undefined;
}

export interface Fault {
  readonly kind: FaultKind;
  /** Of what the message must be; what is absent matches all, and a message of which it is not known does not match. */
  readonly match: About;
  /** How often it strikes. Absent: until it is taken away. */
  readonly times?: number;
  /** For so long, from now on, on the tenant's clock. Absent: until it is taken away. */
  readonly forMs?: number;
  /** Of `http.status`. */
  readonly status?: number;
  /** Of `answer.delay`. */
  readonly delayMs?: number;
}

export interface StandingFault extends Fault {
  readonly id: string;
  readonly setAt: number;
  /** How often it has struck. */
  readonly struck: number;
}

/** At the same time. */
export const mostFaults = 100;

/** The faults that are set, in memory alone: a restart has none. */
export class Faults {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #faults = new Map<string, StandingFault>();
  #changed = () => {};

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Calls back when one was set or taken away. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Nothing can strike: messages need not be looked at. */
  get isQuiet(): boolean {
    return this.#faults.size === 0;
  }

  /** Those that can still strike, and those that have, until they are taken away. */
  list(): readonly StandingFault[] {
    return [...this.#faults.values()];
  }

  get(id: string): StandingFault | undefined {
    return this.#faults.get(id);
  }

  /** Sets it, or replaces the one of this id, which begins anew. Throws REQUEST_INVALID where there are too many. */
  set(id: string, fault: Fault): StandingFault {
    if (!this.#faults.has(id) && this.#faults.size >= mostFaults) {
      throw stubError('REQUEST_INVALID', `There are ${mostFaults} faults already: take one away first`);
    }
    const standing: StandingFault = { ...fault, id, setAt: this.#clock.now(), struck: 0 };
    this.#faults.set(id, standing);
    this.#changed();
    return standing;
  }

  /** False: there is none. */
  remove(id: string): boolean {
    const isGone = this.#faults.delete(id);
    this.#changed();
    return isGone;
  }

  clear(): void {
    this.#faults.clear();
    this.#changed();
  }

  /** The first fault of this kind that strikes a message of which this is known; it is counted. */
  strike(kind: FaultKind, about: About): StandingFault | undefined {
    for (const fault of this.#faults.values()) {
      if (fault.kind !== kind || !this.#stands(fault) || !matches(fault.match, about)) continue;
      const struck = { ...fault, struck: fault.struck + 1 };
      this.#faults.set(fault.id, struck);
      return struck;
    }
    return undefined;
  }

  #stands({
    times = Number.POSITIVE_INFINITY,
    struck,
    setAt,
    forMs = Number.POSITIVE_INFINITY,
  }: StandingFault): boolean {
    return struck < times && this.#clock.now() - setAt < forMs;
  }
}

const matches = ({ platform, deviceId, operation }: About, about: About): boolean =>
  (platform === undefined || platform === about.platform) &&
  (deviceId === undefined || deviceId === about.deviceId) &&
  (operation === undefined || operation === about.operation);
