import { existsSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import { type Diagnostics, openDiagnostics } from '../base/diagnostics.js';
import { asError } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { failureJson, toJsonText } from '../base/failure-json.js';
import type { Log } from '../base/log.js';
import { print, printIn } from '../base/terminal.js';
import { traceForm } from '../protocol/traced.js';
import type { DeviceCommandOptions } from './command-options.js';
import { readPortal } from './company-portal.js';
import { describePush, type EndOf, showStatus, statusOf } from './console.js';
import { converse } from './converse.js';
import { colourOf, describeEvent } from './describe-event.js';
import { checkOptions, type DeviceSettings, isPlaced, readNetwork, readSettings } from './device-settings.js';
import type { Device, DeviceEvent } from './device-types.js';
import { agentError } from './errors.js';
import { forgetEnrollment } from './forget-command.js';
import {
  createDevice,
  createPorts,
  type DeviceState,
  type DeviceStore,
  type FollowedClock,
  followClock,
  openFileStore,
  platforms,
  systemRandom,
} from './index.js';
import { waysIn } from './invite.js';
import { logEvents } from './logged-events.js';
import { graceEndsAt } from './model/ownership.js';
import { type Started, withOptionHint } from './option-hints.js';
import { consoleClock, OwnClock, WrongClock } from './own-clock.js';
import type { Invitation } from './platform/driver.js';
import { rememberOnSuccess } from './remember-on-success.js';
import { nothingRemembered, readRemembered } from './remembered.js';
import { listenTo, type ToldSoFar, toldJson } from './told-so-far.js';
import { assertIsWished, wishedFacts } from './wished-device.js';

/** How far the command came, for the one who tells of its end. */
interface Progress {
  device?: Device;
  told?: ToldSoFar;
  /** The stub's, where the device lives by it. */
  clock?: FollowedClock;
}

/** What `rollcall device` does. With --json its failure, too, is JSON on standard output. */
export async function runDeviceCommand(options: DeviceCommandOptions, signal: AbortSignal): Promise<ExitCode> {
  const progress: Progress = {};
  try {
    return options.forget ? await forgetEnrollment(options) : await live(options, signal, progress);
  } catch (error) {
    const { device, told } = progress;
    if (options.json)
      print(
        process.stdout,
        toJsonText({ ...(device && statusOf(device.state)), ...(told && toldJson(told)), error: failureJson(error) }),
      );
    throw error;
  } finally {
    progress.clock?.close();
  }
}

async function live(options: DeviceCommandOptions, signal: AbortSignal, progress: Progress): Promise<ExitCode> {
  checkOptions(options);
  const { state: folder } = options;
  if (folder !== undefined) {
    readSettings(options, nothingRemembered, undefined); // mistakes are told before a folder is made
    if (!existsSync(folder)) wishedFacts(options); // the device that is there may be of another platform
    if (!isPlaced(options) && !existsSync(folder))
      throw agentError('NOT_ENROLLED', `there is no device in ${folder}`, {
        hint: `Check the name of the folder, or give ${waysIn(options.platform)} to enroll a new device.`,
      });
  }
  const diagnostics = await openDiagnostics(options, 'error', traceForm); // failures are told to the person here
  try {
    if (folder === undefined) return await liveIn(undefined, options, diagnostics, signal, progress);
    const store = await openFileStore(folder);
    try {
      return await liveIn({ folder, store }, options, diagnostics, signal, progress);
    } finally {
      await store.close();
    }
  } finally {
    await diagnostics.close();
  }
}

interface Kept {
  readonly folder: string;
  readonly store: DeviceStore;
}

async function liveIn(
  kept: Kept | undefined,
  given: DeviceCommandOptions,
  { log, trace }: Diagnostics,
  signal: AbortSignal,
  progress: Progress,
): Promise<ExitCode> {
  const stored = kept === undefined ? undefined : storedDevice(kept.store);
  const options = stored === undefined ? given : { ...given, platform: stored.facts.platform }; // it stays what it is
  const before = kept === undefined ? nothingRemembered : readRemembered(kept.folder);
  if (stored !== undefined && kept !== undefined) assertIsWished(stored, options, kept.folder, before.seed);
  const facts = stored === undefined ? wishedFacts(options) : undefined;
  const settings = readSettings(options, before, stored?.lifecycle === 'enrolled' ? stored.link?.origin : undefined);
  const { remembered, lenient, allowHttp, pollMs } = settings;
  const own = settings.clockOf === undefined ? new OwnClock() : undefined;
  const right = own ?? (await clockOf(settings.clockOf ?? '', settings, log, progress));
  const clock = new WrongClock(right, settings.skewMs);
  const made = await createPorts({
    clock,
    log,
    keys: { size: 1, mode: 'fresh', ...(kept === undefined ? {} : { folder: `${kept.folder}/keys` }) },
    ...(remembered.ca === undefined ? {} : { ca: remembered.ca }),
    ...(remembered.push === undefined ? {} : { pushUrl: remembered.push }),
    push: { askTimeoutMs: longestPushWaitMs, changed: pushChanged },
    ...(trace === undefined ? {} : { trace }),
    allowHttp,
  });
  const device = createDevice({
    platform: options.platform,
    ports: { ...made.ports, random: systemRandom },
    ...(facts === undefined ? {} : { facts }),
    ...(stored === undefined ? {} : { state: stored }),
    ...(kept === undefined ? {} : { store: kept.store }),
    ...(pollMs === undefined ? {} : { checkInEveryMs: pollMs }),
    lenient,
  });
  logEvents(device, log);
  progress.device = device;
  if (options.once || options.json) progress.told = listenTo(device); // a console may be there for weeks, and what is kept grows
  const memory = rememberOnSuccess(device, kept?.folder, before, settings);
  if (options.skew !== undefined) await memory.keepSkew(settings.skewMs); // the device has it, whatever comes of that
  const notice = (text: string) => print(process.stderr, text);
  try {
    if (lenient.length > 0 && !options.json)
      notice(`lifted, though a real device would refuse: ${lenient.join(', ')} (--lenient)\n`);
    const stopTelling = options.json ? undefined : device.onEvent(tellOnce);
    const there = stored?.lifecycle === 'enrolled' ? stored.link?.authority : undefined;
    if (there !== undefined && options.server !== undefined && settings.invitation?.authority !== there)
      notice(`enrolled at ${there} already: --server is not used (--forget takes the device out of management)\n`);
    if (stored === undefined && options.name !== undefined) await device.rename(options.name);
    await setByHand(device, options);
    await enrollIfNeeded(device, options, settings, signal);
    if (options.once) return await once(device, options, settings, signal, progress, memory);
    stopTelling?.(); // what comes from now on the console says
    if (remembered.push === undefined && pollMs === undefined && !isWokenByServer(options.platform))
      notice('no push: it checks in by hand ("check-in"), or by itself with --poll 1m\n');
    const { lastInvitation: invitation } = settings;
    const io = { input: process.stdin, output: process.stdout, stay: options.stay };
    const started = startedBy(options, settings);
    const explain = (error: Error, during: 'enroll' | 'check-in') => asError(withOptionHint(error, started, during));
    const endOf = endsOf(device, settings, progress.clock);
    const moved = consoleClock(clock, own, device, memory.keepSkew);
    const code = await converse({ device, invitation, signal, explain, clock: moved, endOf, ...io });
    await memory.settled();
    return code;
  } finally {
    await device.close();
    await made.close();
  }
}

/** What the options say of its network and its Company Portal; it is stored with the device. */
async function setByHand(device: Device, { network, 'company-portal': portal }: DeviceCommandOptions): Promise<void> {
  if (network !== undefined) await device.setNetwork(readNetwork(network));
  const { companyPortal: before } = device.state.condition;
  if (portal !== undefined) await device.setCompanyPortal(readPortal(portal, before));
}

/** The clock of the stub there, followed until the command ends. Throws what `followClock` throws. */
async function clockOf(url: string, { remembered }: DeviceSettings, log: Log, progress: Progress): Promise<Clock> {
  const { ca } = remembered;
  progress.clock = await followClock({ url, log, ...(ca === undefined ? {} : { ca }) });
  return progress.clock;
}

/** A device that is told of the stub's clock knows when its profiles end (A23); one of nobody's does not move (A10). */
function endsOf(device: Device, { remembered }: DeviceSettings, clock: FollowedClock | undefined): EndOf | undefined {
  if (clock === undefined || remembered.user === undefined) return undefined;
  return (holding) => graceEndsAt(holding, device.state, clock.switches);
}

const isWokenByServer = (platform: DeviceCommandOptions['platform']): boolean =>
  platforms.some(({ name, isWokenByServer: itIs }) => name === platform && itIs === true);

const startedBy = (options: DeviceCommandOptions, settings: DeviceSettings): Started => {
  const { platform, state, server } = options;
  const { remembered, allowHttp, invitation } = settings;
  return {
    platform,
    state,
    user: remembered.user,
    server: server ?? remembered.server,
    hasToken: invitation?.token !== undefined,
    allowHttp,
  };
};

/** While it lasts nothing wakes the device, and it would seem that the server never asked it. */
function pushChanged(lost: Error | undefined): void {
  printIn(lost === undefined ? undefined : 'yellow', process.stderr, `${describePush(lost)}\n`);
}

/** A push service that takes a connection and says nothing is not waited for any longer. */
const longestPushWaitMs = 5_000;

function storedDevice(store: DeviceStore): DeviceState | undefined {
  const [first] = store.ids();
  return first === undefined ? undefined : store.load(first);
}

async function enrollIfNeeded(
  device: Device,
  options: DeviceCommandOptions,
  settings: DeviceSettings,
  signal: AbortSignal,
): Promise<void> {
  if (device.state.lifecycle === 'enrolled') return;
  const { invitation, remembered } = settings;
  if (invitation === undefined) {
    const { server, profile } = remembered;
    const last = server === undefined ? (profile === undefined ? '' : `--profile ${profile}`) : `--server ${server}`;
    throw agentError('NOT_ENROLLED', 'the device in this folder is not enrolled', {
      hint: `Give ${waysIn(options.platform)} to enroll it${last === '' ? '' : `; the last time it was ${last}`}.`,
    });
  }
  if (!options.json)
    print(process.stderr, `enrolling ${device.state.facts.id} at ${placeOf(invitation, options.platform)} ...\n`);
  const started = startedBy(options, settings);
  await device.enroll(invitation, signal).catch((error: unknown) => {
    throw withOptionHint(error, started, 'enroll');
  });
}

/** The server, where the document of a file names it, and the file. */
function placeOf({ authority, document }: Invitation, platform: DeviceCommandOptions['platform']): string {
  const server = document && platforms.find(({ name }) => name === platform)?.serverIn?.(document);
  return server === undefined ? authority : `${server} (${authority})`;
}

async function once(
  device: Device,
  options: DeviceCommandOptions,
  settings: DeviceSettings,
  signal: AbortSignal,
  { told, clock }: Progress,
  memory: { settled(): Promise<void> },
): Promise<ExitCode> {
  const started = startedBy(options, settings);
  const session = await device.checkIn(signal).catch((error: unknown) => {
    throw withOptionHint(error, started, 'check-in');
  });
  await memory.settled();
  const { next } = session;
  const failure = told?.enrollmentFailures.at(-1);
  if (next !== undefined && failure !== undefined && device.state.lifecycle !== 'enrolled')
    throw withOptionHint(failure.error, started, 'enroll'); // wiped, and Return to Service failed
  const endOf = endsOf(device, settings, clock);
  const result = { ...statusOf(device.state, endOf), lenient: settings.lenient, session, ...(told && toldJson(told)) };
  print(process.stdout, options.json ? toJsonText(result) : showStatus(device.state, endOf));
  return exitCodes.passed;
}

/** With --once: what a person is told while it goes on; how it ended is told at the end. */
const toldOnce: ReadonlySet<DeviceEvent['type']> = new Set([
  'command',
  'declaration',
  'trouble',
  'lifted',
  'local-act',
  'left',
  'wiped',
]);

function tellOnce(event: DeviceEvent): void {
  if (toldOnce.has(event.type)) printIn(colourOf(event), process.stderr, `${describeEvent(event)}\n`);
}
