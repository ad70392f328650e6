// A device that somebody else has led so far, such as the engine of a fleet, on the desk of a person.
import type { ExitCode } from '../base/exit-codes.js';
import { printIn } from '../base/terminal.js';
import { describePush, showStatus, statusOf } from './console.js';
import { converse } from './converse.js';
import { colourOf, describeEvent } from './describe-event.js';
import type { Desk, LiveOnOptions } from './desk.js';
import type { DeviceEvent } from './device-types.js';
import { createDevice, createPorts, followClock, systemRandom } from './index.js';
import { consoleClock, OwnClock, WrongClock } from './own-clock.js';

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
