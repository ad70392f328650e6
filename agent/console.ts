import { explainFailure } from '../base/command-line.js';
import { readDuration, shortDuration } from '../base/duration.js';
import { isRollcallError, RollcallError } from '../base/errors.js';
import { visibleLine } from '../base/terminal.js';
import { type ProfileKind, profileKinds } from '../protocol/vocabulary.js';
import { readPortal, showPortal } from './company-portal.js';
import { numberOf, platforms } from './create-device.js';
import { counted } from './describe-event.js';
import { readNetwork, readSkew } from './device-settings.js';
import type { Device } from './device-types.js';
import { waysIn } from './invite.js';
import { isStale, ownerOf } from './model/ownership.js';
import type { DeviceState, Holding, SavedLink } from './model/state.js';
import type { Invitation } from './platform/driver.js';

/** When a profile ends that its device does not yet know of; undefined: nothing is known. Milliseconds since the epoch. */
export type EndOf = (holding: Holding) => number | undefined;

const isoOf = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | undefined): string | null => (at === undefined ? null : isoOf(at));

/** What a device holds, as plain values without secrets: for `--json`. */
export function statusOf(state: DeviceState, endOf: EndOf = () => undefined) {
  const { facts, condition, lifecycle, holdings, apps, lastCheckInAt, managedBy } = state;
  const number = numberOf(state);
  const { companyPortal } = condition;
  return {
    id: facts.id,
    ...(number === undefined ? {} : { number }),
    serial: facts.serial,
    platform: facts.platform,
    ...managedAs(state),
    model: facts.model,
    osVersion: facts.osVersion,
    deviceName: condition.deviceName,
    lifecycle,
    authority: state.link === undefined ? null : whereOf(state.link),
    managedBy: managedBy === undefined ? null : { authority: managedBy.authority, since: isoOf(managedBy.since) },
    locked: condition.locked,
    powered: condition.powered,
    online: condition.online && condition.powered,
    network: networkOf(condition),
    ...(companyPortal === undefined
      ? {}
      : { companyPortal: { version: companyPortal.version, broken: companyPortal.isBroken === true } }),
    lostMode: condition.lostMode !== undefined,
    ...(condition.signedIn === undefined ? {} : { signedIn: condition.signedIn }),
    lastCheckIn: lastCheckInAt === undefined ? null : isoOf(lastCheckInAt),
    profiles: holdings.map((holding) => ({
      name: holding.profile.name,
      kind: holding.profile.kind,
      authority: holding.authority,
      installed: isoOf(holding.installedAt),
      stale: isStale(holding, state),
      keptUntil: isoOrNull(holding.keptUntil ?? endOf(holding)),
    })),
    apps: apps.map(({ id, version, managed }) => ({ id, version, managed })),
  };
}

const networkOf = ({ online, network = 'wifi' }: DeviceState['condition']): 'wifi' | 'cellular' | 'none' =>
  online ? network : 'none';

/** Its server's address; the label of the enrollment may be a file's name, and an Android device goes to other servers. */
const whereOf = ({ origin, authority }: SavedLink): string => origin ?? authority;

function managedAs({ facts }: DeviceState): { readonly management?: string } {
  const management = platforms.find(({ name }) => name === facts.platform)?.managedAs?.(facts);
  return management === undefined ? {} : { management };
}

/** The same for people. */
export function showStatus(state: DeviceState, endOf?: EndOf): string {
  const status = statusOf(state, endOf);
  const condition = [
    ...(status.management === undefined ? [] : [status.management]),
    status.locked ? 'locked' : 'unlocked',
    status.powered ? (status.online ? 'online' : 'offline') : 'switched off',
    ...(status.network === 'cellular' ? ['cellular'] : []),
    ...(state.condition.companyPortal === undefined ? [] : [showPortal(state.condition.companyPortal)]),
    ...(status.lostMode ? ['lost mode'] : []),
    ...(status.signedIn === undefined || status.signedIn === 'user' ? [] : [signedInText[status.signedIn]]),
  ];
  return [
    `${visibleLine(status.deviceName)} (${status.model}, ${status.osVersion}), ${numbered(status)}, serial ${status.serial}`,
    `  ${status.lifecycle}${status.authority === null ? '' : ` at ${status.authority}`}${managed(status)}; ${condition.join(', ')}; last check-in ${status.lastCheckIn ?? 'never'}`,
    ...status.profiles.map(profileLine),
    '',
  ].join('\n');
}

type Status = ReturnType<typeof statusOf>;

const managed = ({ managedBy }: Status): string =>
  managedBy === null ? '' : `, managed by ${managedBy.authority} since ${managedBy.since}`;

function profileLine({ kind, name, authority, installed, stale, keptUntil }: Status['profiles'][number]): string {
  const owner = ownerOf({ authority });
  const words = [
    ...(owner === undefined ? [] : [`of ${owner}`]),
    `since ${installed}`,
    ...(stale ? ['stale'] : []),
    ...(keptUntil === null ? [] : [`kept until ${keptUntil}`]),
  ];
  return `  ${kind.padEnd(13)} ${visibleLine(name)} (${words.join(', ')})`;
}

/** Another number than its id was given by a QR code or by the server. */
const numbered = ({ id, number = id }: Status): string => (number === id ? id : `${id}, number ${visibleLine(number)}`);

/** What became of the connection for pushes; undefined: it is there again. */
export function describePush(lost: Error | undefined): string {
  if (lost === undefined) return 'push: connected again';
  const why = lost.message || String(lost);
  if (!isRollcallError(lost, 'PUSH_DUPLICATE')) return `push: the connection is lost, and tried again: ${why}`;
  return `push: the connection is given up until the device has checked in: ${why}\n  ${lost.hint}`;
}

const signedInText = { user: 'signed in', others: 'somebody else is signed in', none: 'nobody is signed in' } as const;

const after = async (work: Promise<void>, text: () => string): Promise<string> => {
  await work;
  return text();
};

const helpOf = (hasSignIn: boolean): string => `  status                what the device holds
  check-in              one session now
  offline, online       cut and restore the network
  network [KIND]        wifi, cellular or none
  portal [VERSION]      the Company Portal in which it enrolls; also broken, reinstall, none
  clock [+8h]           what time the device has it; moves it on, and the device does what falls due
  skew [2d]             how wrong its clock is, such as 2d (ahead) or -2d; certificates are judged by it
  power on              after it was shut down by a command; online does it too
  lock, unlock          the screen; while locked some commands are put off
${hasSignIn ? '  sign-in [other]       as the person who enrolled it, or as another\n  sign-out              nobody is signed in\n' : ''}\
  passcode [CODE]       set, or without a code remove
  rename NAME           as its owner would
  use KIND              try email, vpn, wifi or certificate at the authority's gate
  leave, enroll         remove management; join again ("enroll system": not in the Company Portal)
  forget                remove management without telling the authority
  quit`;

/** The device's clock, as a person may move it. */
export interface ConsoleClock {
  now(): number;
  /** How much it is ahead of what is right; milliseconds. */
  readonly skewMs: number;
  /** From now on it is so wrong, after a restart too. */
  setSkew(ms: number): Promise<void>;
  /** Milliseconds; what the device does by itself meanwhile is done when it resolves. Absent: somebody else moves it. */
  readonly advance?: (ms: number, signal: AbortSignal) => Promise<void>;
}

async function moveClock(by: string, clock: ConsoleClock, signal: AbortSignal): Promise<string> {
  if (by === '') return isoOf(clock.now());
  const ms = by.startsWith('+') ? readDuration(by.slice(1)) : undefined;
  if (ms === undefined) return 'say: clock, or clock +8h (a clock does not go back)';
  if (ms > longestMoveMs) return 'a clock is moved by 3650 days at most';
  if (clock.advance === undefined)
    return 'the device lives by the stub’s clock, which is moved there: POST /stub/v1/clock {"advance": "8h"}';
  await clock.advance(ms, signal);
  return isoOf(clock.now());
}

const longestMoveMs = 3650 * 86_400_000;

async function setSkew(by: string | undefined, clock: ConsoleClock): Promise<string> {
  if (by !== undefined) await clock.setSkew(readSkew(by));
  const { skewMs } = clock;
  const wrong = skewMs === 0 ? 'right' : `${shortDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
  return `${isoOf(clock.now())}, ${wrong}`;
}

async function setNetwork(network: string | undefined, device: Device): Promise<string> {
  if (network !== undefined) await device.setNetwork(readNetwork(network));
  return `network: ${networkOf(device.state.condition)}`;
}

async function setPortal(text: readonly string[], device: Device): Promise<string> {
  const [word, version] = text;
  const { companyPortal: before } = device.state.condition;
  if (word === 'reinstall' && version !== undefined) await device.setCompanyPortal(readPortal(version, undefined));
  else if (word !== undefined) await device.setCompanyPortal(readPortal(word, before));
  return showPortal(device.state.condition.companyPortal);
}

/** The words of the interactive prompt. Answers text; failures become text too, with their hint. */
export function consoleCommands(
  device: Device,
  outside: {
    readonly invitation: () => Invitation | undefined;
    readonly stop: () => void;
    readonly clock: ConsoleClock;
    /** When a profile ends that the device does not know of. */
    readonly endOf?: EndOf;
    /** Whether the person has read of this failure already. */
    readonly wasSaid: (error: Error) => boolean;
  },
) {
  const hasSignIn = platforms.some(({ name, hasSignIn: has }) => has === true && name === device.state.facts.platform);
  const help = helpOf(hasSignIn);
  const signIn = (who: keyof typeof signedInText, signal: AbortSignal) =>
    after(device.signIn(who, signal), () => signedInText[who]);
  type Word = (rest: readonly string[], signal: AbortSignal) => Promise<string>;
  const words: Record<string, Word> = {
    help: async () => help,
    status: async () => showStatus(device.state, outside.endOf),
    profiles: async () => JSON.stringify(statusOf(device.state, outside.endOf).profiles, null, 2),
    clock: (rest, signal) => moveClock(rest.join(''), outside.clock, signal),
    skew: ([by]) => setSkew(by, outside.clock),
    network: ([network]) => setNetwork(network, device),
    portal: (text) => setPortal(text, device),
    'check-in': async (_, signal) => {
      const report = await device.checkIn(signal);
      return `${counted(report.commands, 'command')}, ${report.later} put off, ${counted(report.requests, 'request')}`;
    },
    offline: () => after(device.setOnline(false), () => 'offline'),
    online: () => after(device.setOnline(true), () => 'online'),
    power: async ([word]) =>
      word === 'on' ? after(device.setOnline(true), () => 'on') : 'say: power on (only a command shuts it down)',
    lock: () =>
      after(device.lock(), () => (device.state.condition.locked ? 'locked' : 'not locked: set a passcode first')),
    unlock: () => after(device.unlock(), () => 'unlocked'),
    ...(hasSignIn
      ? {
          'sign-in': async ([who], signal) => {
            if (who !== undefined && who !== 'other') return 'say: sign-in, or sign-in other';
            return await signIn(who === undefined ? 'user' : 'others', signal);
          },
          'sign-out': (_, signal) => signIn('none', signal),
        }
      : {}),
    passcode: ([code]) => after(device.setPasscode(code), () => (code === undefined ? 'no passcode' : 'passcode set')),
    rename: (rest) => after(device.rename(rest.join(' ')), () => `called "${rest.join(' ')}"`),
    use: async ([kind], signal) => {
      const known: ProfileKind | undefined = profileKinds.find((each) => each === kind);
      if (known === undefined) return `say which: ${profileKinds.join(', ')}`;
      await device.useResource(known, undefined, signal);
      return `${known}: let through`;
    },
    leave: (_, signal) => after(device.leave(signal), () => 'left'),
    forget: async () => ((await device.forget()) ? 'forgotten' : 'not enrolled: nothing to forget'),
    enroll: async ([where], signal) => {
      if (where !== undefined && where !== 'system') return 'say: enroll, or enroll system';
      const invitation = outside.invitation();
      if (invitation === undefined) return `started without ${waysIn(device.state.facts.platform)}: nowhere to enroll`;
      await device.enroll(where === undefined ? invitation : { ...invitation, companyPortal: false }, signal);
      return 'enrolled';
    },
    quit: async () => {
      outside.stop();
      return 'bye';
    },
  };
  return async (word: string, rest: readonly string[], signal: AbortSignal): Promise<string> => {
    const act = Object.hasOwn(words, word) ? words[word] : undefined;
    if (act === undefined) return `no such word: ${word}\n${help}`;
    try {
      return await act(rest, signal);
    } catch (error) {
      if (error instanceof Error && outside.wasSaid(error)) return '';
      return error instanceof RollcallError ? explainFailure(error) : `a bug of ours: ${String(error)}`;
    }
  };
}
