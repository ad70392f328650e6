// The desk of a person: where a device goes that somebody else has led so far, such as the engine of a fleet.
import type { ExitCode } from '../base/exit-codes.js';
import type { Log } from '../base/log.js';
import type { Trace } from '../base/trace.js';
import type { DeviceEvent } from './device-types.js';
import type { Leniency } from './model/leniency.js';
import type { DeviceState } from './model/state.js';
import type { Invitation } from './platform/driver.js';

/** What the device is, and where it is. */
export interface LiveOnOptions {
  readonly state: DeviceState;
  /** Where `enroll` goes. */
  readonly invitation: Invitation;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly pushUrl?: string | undefined;
  readonly allowHttp?: boolean | undefined;
  readonly lenient: readonly Leniency[];
  /** The stub whose clock it has lived by. */
  readonly clockOf?: string | undefined;
  readonly log: Log;
  readonly trace?: Trace | undefined;
  readonly signal: AbortSignal;
  readonly stay: boolean;
}

/** What the desk of a person can do with a device, for rooms that see the agent through its door alone. */
export interface Desk {
  /** The prompt of `rollcall device`, until the person ends it. */
  liveOn(options: LiveOnOptions): Promise<ExitCode>;
  /** Shows on standard error what happened on a device, as `rollcall device --once` does. */
  tell(event: DeviceEvent): void;
  /** What it holds, for people. */
  show(state: DeviceState): string;
  /** The same as plain values without secrets. */
  status(state: DeviceState): object;
}
