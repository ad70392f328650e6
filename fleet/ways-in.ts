// Where the devices of each platform enroll at servers of others: what the options say, read and checked.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { platforms, readEntra } from '../agent/index.js';
import { commandLineError, readAddress, readGivenFile } from '../base/command-line.js';
import { nearest } from '../base/nearest.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { fillable, filled } from './engine/invitation.js';
import type { InvitationTemplate } from './engine/messages.js';
import type { TargetOptions } from './options.js';
import type { FleetPlan } from './scenario/model.js';

/** The option of each platform. */
export const wayOptions = { ios: 'profile', windows: 'discovery', android: 'android-enroll' } as const;

/** Where a platform's devices enroll, and the server that stands for, where it is known. */
export interface WayIn {
  readonly template: InvitationTemplate;
  readonly origin?: string;
}

/** Whether an option names a place of its own for this platform: for Windows that of the directory alone may. */
export const hasWayIn = (options: TargetOptions, platform: PlatformName): boolean =>
  options[wayOptions[platform]] !== undefined ||
  (platform === 'windows' && options.entra !== undefined && options.server === undefined);

/** What is of one platform alone. */
const ofPlatform = {
  profile: 'ios',
  discovery: 'windows',
  'enroll-token': 'windows',
  entra: 'windows',
  csr: 'windows',
  'android-enroll': 'android',
  'mqtt-port': 'android',
  'mqtt-tls': 'android',
  signatures: 'android',
  exact: 'android',
  background: 'android',
} as const satisfies Partial<Record<keyof TargetOptions, PlatformName>>;

/** Nothing that was said is dropped: throws USAGE where an option is for a platform that the run has no devices of. */
export function assertConcerned(options: TargetOptions, plan: FleetPlan): void {
  const present = presentIn(plan);
  for (const [option, platform] of entriesOf(ofPlatform)) {
    if (options[option] === undefined || present.includes(platform)) continue;
    throw commandLineError('USAGE', `--${option} is for ${platform} devices, and the run has none`, {
      hint: `Leave it out, or have some of them: in the scenario, with --devices ${platform}:N (of a smoke run: --platform).`,
    });
  }
}

type Said = Pick<
  TargetOptions,
  'server' | 'profile' | 'discovery' | 'android-enroll' | 'enroll-token' | 'entra' | 'allow-http'
>;

/** The platforms of which a plan has devices. */
export const presentIn = ({ groups }: Pick<FleetPlan, 'groups'>): readonly PlatformName[] => [
  ...new Set(groups.filter(({ count }) => count > 0).map(({ platform }) => platform)),
];

/**
 * What the options say, by platform. A path in --server is the way in of the run's only platform, as it is for `rollcall device`.
 * Throws USAGE, FILE_UNUSABLE.
 */
export function readWaysIn(said: Said, plan: FleetPlan): Readonly<Partial<Record<PlatformName, WayIn>>> {
  const ways: Partial<Record<PlatformName, WayIn>> = {};
  for (const [platform, option] of entriesOf(wayOptions)) {
    const text = said[option];
    if (text !== undefined) ways[platform] = readWay(platform, option, text, said, plan);
  }
  const { server } = said;
  if (server === undefined && said.entra !== undefined && ways.windows === undefined) {
    const { origin } = readEntra(said.entra);
    if (origin.startsWith('http:')) assertHttpMeant('entra', origin, said);
    ways.windows = { template: { authority: origin }, origin };
  }
  if (server === undefined || isOrigin(server)) return ways;
  const present = presentIn(plan);
  const [only] = present;
  if (only === undefined || present.length > 1)
    throw commandLineError(
      'USAGE',
      `--server ${server}: the path is the way in of one platform, and there are ${present.join(', ')}`,
      {
        hint: `Give the server without a path, and the ways in by ${Object.values(wayOptions)
          .map((name) => `--${name}`)
          .join(', ')}; or choose one platform.`,
      },
    );
  if (ways[only] !== undefined)
    throw commandLineError(
      'USAGE',
      `--server with a path and --${wayOptions[only]} are two places to enroll: give one`,
    );
  return { ...ways, [only]: readWay(only, 'server', server, said, plan) };
}

const entriesOf = <K extends string, V>(record: Readonly<Record<K, V>>) => Object.entries(record) as [K, V][];

/** Whether it says which server and no more. Throws USAGE for what is no address. */
export function isOrigin(server: string): boolean {
  const { pathname, search, hash } = readAddress('server', server);
  return pathname === '/' && search === '' && hash === '';
}

function readWay(platform: PlatformName, option: string, text: string, said: Said, plan: FleetPlan): WayIn {
  const isAddress = /^[a-z]+:\/\//i.test(text) && !existsSync(text);
  if (isAddress || option === 'server' || platform === 'windows') return atAddress(option, text, said, plan);
  return inFile(platform, option, text, said, plan);
}

function atAddress(option: string, template: string, said: Said, plan: FleetPlan): WayIn {
  assertFillable(option, template, plan, /\{([^{}]*)\}/g);
  const [address, another] = ['1', '22'].map((value) => readAddress(option, filled(template, samples(plan, value))));
  const { origin = '', protocol } = address ?? {};
  if (another?.origin !== origin)
    throw commandLineError(
      'USAGE',
      `--${option} ${template}: braces may stand in path and query, not in the server's name`,
    );
  if (protocol === 'http:') assertHttpMeant(option, origin, said);
  return { template: { authority: origin, url: template }, origin };
}

function assertHttpMeant(option: string, origin: string, said: Said): void {
  if (said['allow-http']) return;
  throw commandLineError('USAGE', `--${option} ${origin} has no TLS`, { hint: 'Add --allow-http if that is meant.' });
}

/** Throws USAGE where `{name}` stands for nothing. */
export function assertFillable(option: string, template: string, { users }: FleetPlan, braces: RegExp): void {
  const names = fillable(users);
  for (const [whole, name = ''] of template.matchAll(braces)) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    throw commandLineError('USAGE', `--${option}: ${whole} stands for nothing`, {
      hint: `${meant === undefined ? '' : `Did you mean {${meant}}? `}Choose from ${names.map((each) => `{${each}}`).join(', ')}; more come as columns of --users FILE.csv.`,
    });
  }
}

const samples = ({ users }: FleetPlan, value: string) =>
  Object.fromEntries(fillable(users).map((name) => [name, value]));

function inFile(platform: PlatformName, option: string, path: string, said: Said, plan: FleetPlan): WayIn {
  const document = readGivenFile(path);
  if (platform === 'android') assertOwnNumbers(option, path, document, plan);
  const server = platforms.find(({ name }) => name === platform)?.serverIn?.(document);
  const origin = server !== undefined && URL.canParse(server) ? new URL(server).origin : undefined;
  if (origin?.startsWith('http:')) assertHttpMeant(option, origin, said);
  return {
    template: { authority: origin ?? basename(path), document: document.toString('base64') },
    ...(origin === undefined ? {} : { origin }),
  };
}

const numberKey = 'com.hmdm.DEVICE_ID';
const numberIn = /"(?:com\.hmdm|ru\.headwind\.kiosk)\.DEVICE_ID"\s*:\s*"([^"]*)"/;

/** One QR code for a crowd may not say which device it is. */
function assertOwnNumbers(option: string, path: string, document: Buffer, { groups }: FleetPlan): void {
  const devices = groups.reduce((sum, { platform, count }) => sum + (platform === 'android' ? count : 0), 0);
  const number = devices > 1 ? numberIn.exec(document.toString('utf8'))?.[1] : undefined;
  if (number === undefined || /\{[^{}]+\}/.test(number)) return;
  throw commandLineError('USAGE', `--${option} ${path}: all ${devices} devices would be number ${number}`, {
    hint: `Write "${numberKey}": "qa-{index}", or leave the number out: each device has one of its own.`,
  });
}
