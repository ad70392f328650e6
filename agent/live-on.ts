// A device that somebody else has led so far, such as the engine of a fleet, on the desk of a person.
import type { ExitCode } from '../base/exit-codes.js';
import type { Log } from '../base/log.js';
import { printIn } from '../base/terminal.js';
import type { Trace } from '../base/trace.js';
import { describePush, showStatus, statusOf } from './console.js';
import { converse } from './converse.js';
import { colourOf, describeEvent } from './describe-event.js';
import type { DeviceEvent } from './device-types.js';
import { createDevice, createPorts, type DeviceState, followClock, systemRandom } from './index.js';
import type { Leniency } from './model/leniency.js';
import { consoleClock, OwnClock, WrongClock } from './own-clock.js';
import type { Invitation } from './platform/driver.js';

/** What the device is, and where it is. */
interface LiveOnOptions {
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

/** The desk of the terminal that the command was started in. */
export const desk: Desk = {
  liveOn,
  tell(event) {
    if (told.has(event.type)) printIn(colourOf(event), process.stderr, `${describeEvent(event)}\n`);
  },
  show: (state) => showStatus(state),
  status: (state) => statusOf(state),
};

const told: ReadonlySet<DeviceEvent['type']> = new Set([
  'command',
  'declaration',
  'trouble',
  'lifted',
  'local-act',
  'left',
  'wiped',
  'woken',
]);

/** A push service that takes a connection and says nothing is not waited for any longer. */
const longestPushWaitMs = 5_000;

async function liveOn(options: LiveOnOptions): Promise<ExitCode> {
  const { state, invitation, ca, pushUrl, allowHttp, lenient, clockOf, log, trace, signal, stay } = options;
  const trust = ca === undefined ? {} : { ca };
  const followed = clockOf === undefined ? undefined : await followClock({ url: clockOf, log, ...trust });
  const own = new OwnClock();
  const clock = new WrongClock(followed ?? own);
  const made = await createPorts({
    clock,
    log,
    keys: { size: 1, mode: 'fresh' },
    ...trust,
    ...(pushUrl === undefined ? {} : { pushUrl }),
    push: {
      askTimeoutMs: longestPushWaitMs,
      changed: (lost) => printIn(lost === undefined ? undefined : 'yellow', process.stderr, `${describePush(lost)}\n`),
    },
    ...(trace === undefined ? {} : { trace }),
    ...(allowHttp === undefined ? {} : { allowHttp }),
  });
  const device = createDevice({
    platform: state.facts.platform,
    ports: { ...made.ports, random: systemRandom },
    state,
    lenient,
  });
  try {
    return await converse({
      device,
      invitation: () => invitation,
      input: process.stdin,
      output: process.stdout,
      signal,
      stay,
      clock: consoleClock(clock, followed === undefined ? own : undefined, device),
    });
  } finally {
    await device.close();
    await made.close();
    followed?.close();
  }
}
