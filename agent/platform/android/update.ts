// The launcher's flow from a configuration that came to sync/info (specs/android.md §1.3): steps 1 to 7 and 13; what lies between is in apply/.
import { isRollcallError } from '../../../base/errors.js';
import type { CheckInReason } from '../driver.js';
import { troubleOf } from '../trouble.js';
import { applyConfiguration } from './apply/apply.js';
import { configurationOf, keepConfiguration } from './apply/configuration.js';
import { deviceInfoOf } from './apply/device-info.js';
import { keepLogRules } from './apply/device-log.js';
import { hasCommands, tellCommands } from './apply/told.js';
import type { AndroidContext, Enrolling, ReceivedConfiguration } from './context.js';
import { asksForMore, type Confirmed, doConfirmed, isReleased, type Left, release } from './leaving.js';
import { migrate } from './migration.js';
import { setUpPush } from './push-setup.js';
import { completeRenaming, takeNumber } from './renumber.js';

/** A session of ours: what its parts share beside the context. */
export interface Session extends AndroidContext {
  /** Asks for the channel that was set up; the one before ends. Waits no longer than the port does. */
  readonly followPush: () => Promise<void>;
  /** Of this process: how many GETs in a row had no configuration. */
  readonly failed: { gets: number };
}

interface UpdateOptions {
  readonly reason: CheckInReason;
  /** The body of the first request: the device enrolls, and what is confirmed is left to the session that follows. */
  readonly enrollment?: Enrolling;
  /** Called when everything is applied, before the server is told. */
  readonly settled?: () => Promise<void>;
}

interface Updated {
  readonly commands: number;
  readonly later: number;
  readonly sendsInfo: boolean;
  readonly left?: Left;
}

/**
 * Fetches the configuration and does what it says, at whichever server it leads to; sync/info is the caller's. Throws what `sync`
 * throws, what `save` throws, INTERRUPTED.
 */
export async function update(session: Session, options: UpdateOptions): Promise<Updated> {
  const travels = { moves: 0 };
  let commands = 0;
  let unconfirmed = 0;
  let { received, isKept } = await first(session, options, travels);
  for (;;) {
    if (!isKept) commands += take(session, received);
    await fetchLogRules(session);
    if (!(await migrate(session, received.configuration, travels))) break;
    commands++;
    received = await session.api.sync();
    isKept = false;
  }
  const { configuration } = received;
  setUpPush(session, configuration);
  await session.followPush();
  const isEnrollment = options.enrollment !== undefined;
  const later = isEnrollment && asksForMore(configuration);
  if (later) session.memory.change({ isFresh: true });
  if (!isEnrollment) {
    session.memory.forget('isFresh');
    const confirmed = isReleased(configuration) ? await released(session) : await doConfirmed(session, configuration);
    commands += confirmed.commands;
    unconfirmed = confirmed.later;
    const { left } = confirmed;
    if (left !== undefined) return { commands, later: 0, sendsInfo: false, left };
  }
  if (hasCommands(session)) await tellCommands(session);
  const applied = await applyConfiguration(session, received, groundOf(session, options.reason));
  return { commands: commands + applied.commands, later: applied.later + unconfirmed, sendsInfo: applied.sendsInfo };
}

async function released(session: Session): Promise<Confirmed> {
  const left = await release(session);
  return { ...(left !== undefined && { left }), commands: 1, later: 0 };
}

/** `isKept`: it is the one that the device has already. */
interface First {
  readonly received: ReceivedConfiguration;
  readonly isKept: boolean;
}

/**
 * The configuration; of a server that does not give it, the one that is kept may still lead to another server. Launcher 6.36 goes
 * through all of its update with that one, unless a person waits for it.
 */
async function first(session: Session, options: UpdateOptions, travels: { moves: number }): Promise<First> {
  const { api, memory, failed, manners } = session;
  const { enrollment, reason } = options;
  try {
    const received = await api.sync(enrollment);
    failed.gets = 0;
    return { received, isKept: false };
  } catch (error) {
    if (!isRollcallError(error) || session.signal.aborted || error.code === 'CHECKIN_REFUSED') throw error;
    failed.gets++;
    const kept =
      enrollment === undefined && failed.gets > memory.data.retryCount ? configurationOf(session) : undefined;
    if (kept === undefined) throw error;
    if (manners.mode === 'launcher' && reason !== 'by-hand') {
      failed.gets = 0;
      memory.forget('owesSync');
      session.device.tell(troubleOf(error, 'sync/configuration'));
      return { received: { configuration: kept, text: memory.data.configuration ?? '' }, isKept: true };
    }
    if (!(await migrate(session, kept, travels))) {
      if (reason !== 'by-hand') tellGoingOn(session);
      throw error;
    }
    failed.gets = 0;
    return { received: await api.sync(), isKept: false };
  }
}

const tellGoingOn = ({ device }: Session): void =>
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message:
      'launcher 6.36 goes on with the configuration that it has: it asks for the log rules, tries what failed again, and sends sync/info in the foreground',
    about: 'sync/configuration',
  });

/** Step 1: the number, and the configuration, are the device's own from now on. Gives how many commands that were. */
function take(session: Session, received: ReceivedConfiguration): number {
  const { memory } = session;
  const { newNumber } = received.configuration;
  keepConfiguration(session, received);
  memory.forget('owesSync');
  if (newNumber !== undefined) return takeNumber(session, newNumber) ? 1 : 0;
  completeRenaming(session); // it was asked for by the new number
  return 0;
}

/** Step 2; a failure is passed over. */
async function fetchLogRules(session: Session): Promise<void> {
  try {
    keepLogRules(session, await session.api.logRules());
  } catch (error) {
    if (!isRollcallError(error) || session.signal.aborted) throw error;
    session.ports.log.debug(error.code, { during: 'log rules', problem: error.message });
  }
}

/**
 * Whether the launcher's activity is there to hear of it: a push reaches it where it is on the screen, the hourly GET never, and
 * whoever asks by hand has it before him.
 */
function groundOf({ manners }: Session, reason: CheckInReason) {
  const isByHand = reason === 'by-hand' || reason === 'enrolled';
  if (isByHand) return { ground: 'foreground', isByHand } as const;
  const isByTimer = reason === 'scheduled';
  return { ground: isByTimer ? 'background' : manners.ground, isByTimer } as const;
}

/** Step 13: what was changed is on disk by then. Launcher 6.36 does not look at what comes of it, and says it again in 15 minutes. */
export async function sendInfo(session: Session, endsEnrollment = false): Promise<void> {
  const { memory, api, manners, device, ports } = session;
  await session.save();
  memory.change({ infoAt: ports.clock.now() });
  try {
    await api.sendInfo(deviceInfoOf(session), endsEnrollment);
  } catch (error) {
    if (manners.mode === 'thorough' || !isRollcallError(error) || session.signal.aborted) throw error;
    device.tell(troubleOf(error, 'sync/info'));
    return;
  }
  completeRenaming(session);
}
