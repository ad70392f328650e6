// What `rollcall device` is to do, from its options and what its folder remembers: all mistakes are found before anything is sent.
import { resolve } from 'node:path';
import { commandLineError, readCertificates, readSocketAddress } from '../base/command-line.js';
import { readDuration } from '../base/duration.js';
import { isSecretName } from '../base/secret-names.js';
import type { DeviceCommandOptions } from './command-options.js';
import { readPortal } from './company-portal.js';
import { domainOf, invitationOf } from './invite.js';
import { type Leniency, readLeniencies } from './model/leniency.js';
import type { Invitation } from './platform/driver.js';
import type { Remembered } from './remembered.js';

/** Options and memory put together; what was given wins. */
export interface DeviceSettings {
  /** To be remembered once it has proved right. */
  readonly remembered: Remembered;
  /** Where the options say to enroll. */
  readonly invitation: Invitation | undefined;
  /** The same, or else where it enrolled the last time. Throws USAGE, FILE_UNUSABLE. */
  readonly lastInvitation: () => Invitation | undefined;
  readonly lenient: readonly Leniency[];
  readonly allowHttp: boolean;
  readonly pollMs: number | undefined;
  /** The stub whose clock the device lives by; undefined: the machine's. */
  readonly clockOf: string | undefined;
  /** How much the device's clock is ahead of that; behind where it is negative. Milliseconds. */
  readonly skewMs: number;
}

const ofWindows = ['enroll-token', 'entra', 'autopilot', 'csr'] as const;
const ofAndroid = ['management', 'signatures', 'mqtt-port', 'mqtt-tls', 'exact', 'background'] as const;

/** What proves who enrolls, beside a password: Windows' token, or the secret that Headwind MDM shares with its launchers. */
const proofOf = ({ platform, 'enroll-token': token }: DeviceCommandOptions): string | undefined => {
  switch (platform) {
    case 'windows':
      return token ?? process.env['ROLLCALL_ENROLL_TOKEN'];
    case 'android':
      return process.env['ROLLCALL_HMDM_SECRET'];
    default:
      return undefined;
  }
};

/** Looks at the options that need no folder. Throws USAGE, FILE_UNUSABLE. */
export function checkOptions(options: DeviceCommandOptions): void {
  for (const name of ['token', 'users'] as const)
    if (options[name] !== undefined) throw commandLineError('USAGE', `--${name} goes with --replay RUN:INDEX`);
  if (options.json && !options.once) throw commandLineError('USAGE', '--json goes with --once or --forget');
  if (options.stay && options.once) throw commandLineError('USAGE', '--stay says nothing with --once');
  const isWindows = options.platform === 'windows';
  for (const name of ofWindows)
    if (options[name] !== undefined && !isWindows)
      throw commandLineError('USAGE', `--${name} is for Windows`, { hint: 'Add --platform windows.' });
  if (options.autopilot === 'self-deploying' && options.user !== undefined)
    throw commandLineError('USAGE', '--autopilot self-deploying has no user', {
      hint: 'Leave --user out: the device enrolls by itself. One that its user enrolls is --autopilot user-driven.',
    });
  if (options.automated !== undefined && options.platform !== 'ios' && options.state === undefined)
    throw commandLineError('USAGE', '--automated is for iOS', {
      hint: 'Leave it out: only Apple has Setup Assistant.',
    });
  for (const name of ofAndroid)
    if (options[name] !== undefined && options.platform !== 'android' && options.state === undefined)
      throw commandLineError('USAGE', `--${name} is for Android`, { hint: 'Add --platform android.' });
  if (options.clock !== undefined && options.clock !== 'stub' && options.clock !== 'real')
    throw commandLineError('USAGE', `--clock "${options.clock}" is no clock`, { hint: 'Write stub, or real.' });
  if (options.network !== undefined) readNetwork(options.network);
  if (options['company-portal'] !== undefined) readPortal(options['company-portal'], undefined);
  const port = options['mqtt-port'];
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw commandLineError('USAGE', '--mqtt-port must be a port, from 1 to 65535');
  if (options.profile !== undefined && isWindows)
    throw commandLineError('USAGE', '--profile is for iOS: Windows has no enrollment profiles', {
      hint: 'Give the address of a discovery service with --server, or --user user@domain, whose domain says where it is.',
    });
  if (options.state === undefined && !isPlaced(options))
    throw commandLineError('USAGE', 'nothing says which device this is to be', {
      hint: isWindows
        ? 'Say where to enroll, with --server URL or --user user@domain, or pick up a device with --state FOLDER.'
        : 'Say where to enroll, with --server URL or --profile FILE, or pick up a device with --state FOLDER.',
    });
}

/** The options say where to enroll: by an address, a file, or at a Windows device by the domain of its user. */
export const isPlaced = ({ platform, server, profile, user, entra }: DeviceCommandOptions): boolean =>
  [server, profile, entra].some((place) => place !== undefined) ||
  (platform === 'windows' && domainOf(user) !== undefined);

/** `origin`: where the stored device is enrolled, if there is one. Throws USAGE, FILE_UNUSABLE. */
export function readSettings(
  options: DeviceCommandOptions,
  before: Remembered,
  origin: string | undefined,
): DeviceSettings {
  const pollMs = options.poll === undefined ? undefined : readPoll(options.poll);
  const lenient = options.lenient === undefined ? (before.lenient ?? []) : readLenient(options.lenient);
  const allowHttp = options['allow-http'] ?? before.allowHttp ?? false;
  const autopilot = options.autopilot ?? before.autopilot;
  const user = autopilot === 'self-deploying' ? undefined : (options.user ?? before.user);
  const person = {
    platform: options.platform,
    startsIn: options['start-in'],
    user,
    autopilot,
    secret: process.env['ROLLCALL_PASSWORD'],
    token: proofOf(options),
    hasNumber: options.udid !== undefined,
    'allow-http': allowHttp,
  };
  const { server, profile, seed = before.seed } = options;
  const isWindows = options.platform === 'windows';
  const isByUser = isWindows && options.user !== undefined && before.server === undefined;
  const { entra } = options;
  const invitation = invitationOf({ ...person, server, profile, entra, isByUser });
  const ca = options.ca === undefined ? before.ca : readCertificates(options.ca);
  const isAddressed = server !== undefined || entra !== undefined;
  const from = origin ?? (isAddressed ? invitation?.authority : undefined);
  const push =
    options.push !== undefined
      ? readSocketAddress('push', options.push)
      : isAddressed && from !== undefined
        ? `${from.replace(/^http/, 'ws')}/push`
        : before.push;
  const clock = options.clock ?? before.clock ?? 'real';
  const skewMs = options.skew === undefined ? (before.skewMs ?? 0) : readSkew(options.skew);
  const remembered: Remembered = {
    version: 1,
    ...(clock === 'stub' ? { clock } : {}),
    ...(skewMs === 0 ? {} : { skewMs }),
    ...(ca === undefined ? {} : { ca }),
    ...(push === undefined ? {} : { push }),
    ...(user === undefined ? {} : { user }),
    ...(autopilot === undefined ? {} : { autopilot }),
    ...placeOf(origin === undefined ? options : {}, before),
    ...(from === undefined ? {} : { origin: from }),
    ...(seed === undefined ? {} : { seed }),
    ...(lenient.length === 0 ? {} : { lenient: [...lenient] }),
    ...(allowHttp ? { allowHttp } : {}),
  };
  const lastInvitation = () =>
    invitation ??
    invitationOf({
      ...person,
      server: remembered.server,
      profile: remembered.profile,
      entra: remembered.entra,
      isByUser: isWindows,
    });
  const clockOf = clock === 'stub' ? stubOf(options, remembered) : undefined;
  return { remembered, invitation, lastInvitation, lenient, allowHttp, pollMs, clockOf, skewMs };
}

/** Throws USAGE where nothing says which stub it is. */
function stubOf({ server }: DeviceCommandOptions, { origin, server: before }: Remembered): string {
  const address = origin ?? server ?? before;
  if (address !== undefined && URL.canParse(address)) return new URL(address).origin;
  throw commandLineError('USAGE', '--clock stub goes with --server URL', { hint: 'Name the stub whose clock it is.' });
}

/**
 * Where it enrolls, without what is secret in the address, which has to be given again; of a file the whole path, for the next
 * time may begin in another folder.
 */
function placeOf(
  { server, profile, entra }: Pick<DeviceCommandOptions, 'server' | 'profile' | 'entra'>,
  before: Remembered,
): Pick<Remembered, 'server' | 'profile' | 'entra'> {
  if (server !== undefined || entra !== undefined)
    return {
      ...(server === undefined ? {} : { server: withoutCredentials(server) }),
      ...(entra === undefined ? {} : { entra: withoutCredentials(entra) }),
    };
  if (profile !== undefined)
    return { profile: /^[a-z]+:\/\//i.test(profile) ? withoutCredentials(profile) : resolve(profile) };
  return {
    ...(before.server === undefined ? {} : { server: before.server }),
    ...(before.profile === undefined ? {} : { profile: before.profile }),
    ...(before.entra === undefined ? {} : { entra: before.entra }),
  };
}

/** Without user and password, and without the parameters that have the name of a secret. */
function withoutCredentials(address: string): string {
  const url = new URL(address);
  const secret = [...url.searchParams.keys()].filter(isSecretName);
  if (url.username === '' && url.password === '' && secret.length === 0) return address;
  url.username = '';
  url.password = '';
  for (const name of secret) url.searchParams.delete(name);
  return url.href;
}

/** "none" takes back what the folder remembers. */
const readLenient = (text: string): readonly Leniency[] => (text === 'none' ? [] : readLeniencies(text));

/** Milliseconds, negative for a clock that is behind. Throws USAGE. */
export function readSkew(text: string): number {
  const ms = text === '0' ? 0 : readDuration(text.replace(/^[-+]/, ''));
  if (ms !== undefined && ms <= longestSkewMs) return text.startsWith('-') ? -ms : ms;
  throw commandLineError('USAGE', `--skew "${text}" is no duration`, {
    hint: 'Write --skew 2d, or --skew=-2d; 0 sets it right, and 3650d is the most.',
  });
}

const longestSkewMs = 3650 * 86_400_000;

/** Throws USAGE. */
export function readNetwork(text: string): 'wifi' | 'cellular' | 'none' {
  if (text === 'wifi' || text === 'cellular' || text === 'none') return text;
  throw commandLineError('USAGE', `--network "${text}" is no network`, { hint: 'Write wifi, cellular or none.' });
}

/** Milliseconds. Throws USAGE. */
function readPoll(text: string): number {
  const ms = /^\d{1,6}[smh]$/.test(text) ? readDuration(text) : undefined;
  if (ms !== undefined && ms > 0) return ms;
  throw commandLineError('USAGE', `--poll "${text}" is no duration`, { hint: 'Write 30s, 1m or 8h.' });
}
