// Which authority a run goes to, of what a person typed: a stub that runs, servers of others, or none.
import { readEntra } from '../agent/index.js';
import { commandLineError, readAddress, readCertificates, readSocketAddress, readWhole } from '../base/command-line.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { secretNames } from './engine/secrets.js';
import type { Target } from './engine/target.js';
import { nativeOf } from './manners.js';
import type { TargetOptions } from './options.js';
import type { FleetPlan, Users } from './scenario/model.js';
import { needsEnrolledFleet } from './scenario/sense.js';
import { readUsers } from './scenario/users.js';
import type { KeptFleet } from './state/kept-fleet.js';
import { assertConcerned, assertFillable, presentIn, readWaysIn, type WayIn, wayOptions } from './ways-in.js';

/** What says nothing of an embedded stub. */
const ofServers = ['push', 'token', 'ca', 'mqtt-port', 'mqtt-tls', 'enroll-token'] as const;

type Ways = Readonly<Partial<Record<PlatformName, WayIn>>>;

/**
 * The place of --server, --profile, --discovery and --android-enroll; where none is given that of the kept fleet, at `kept`;
 * undefined where that is none, or embedded: then a stub is to be started. Nothing is sent. Throws USAGE, FILE_UNUSABLE.
 */
export function placeOf(options: TargetOptions, plan: FleetPlan, kept?: KeptFleet['server']): Target | undefined {
  const { server, push } = options;
  assertConcerned(options, plan);
  const ways = readWaysIn(options, plan);
  if (server === undefined && Object.keys(ways).length === 0) {
    if (kept?.isEmbedded === false) return keptPlace(options, plan, kept);
    const stray = ofServers.find((name) => options[name] !== undefined);
    if (stray !== undefined)
      throw commandLineError('USAGE', `--${stray} says nothing without --server: a stub of the run’s own is started`, {
        hint: `Give the server, by --server or ${Object.values(wayOptions)
          .map((name) => `--${name}`)
          .join(', ')}; or leave --${stray} out.`,
      });
    return undefined;
  }
  const present = presentIn(plan);
  const url = server === undefined ? firstOf(ways) : originOf(server, options['allow-http']);
  const atStub = present.filter((platform) => ways[platform] === undefined);
  if (server === undefined) assertNobodyLeft(atStub);
  const socket = push ?? (needsSocket(atStub) ? ownSocket(url) : undefined);
  return {
    ...common({ ...options, push: socket }),
    url,
    places: placesOf(url, ways, present),
    invitations: Object.fromEntries(present.flatMap((name) => (ways[name] ? [[name, ways[name].template]] : []))),
    secrets: secretsOf(options, plan),
  };
}

/** Devices that are enrolled know where to check in; where they would enroll nobody has said. */
function keptPlace(options: TargetOptions, plan: FleetPlan, { url, pushUrl, mqttPort }: KeptFleet['server']): Target {
  if (!needsEnrolledFleet(plan))
    throw commandLineError('USAGE', `the fleet is kept at ${url}, and nothing says where its devices enroll there`, {
      hint: `Give what it was enrolled with: --server, ${Object.values(wayOptions)
        .map((name) => `--${name}`)
        .join(', ')}; or run a scenario that enrolls nobody.`,
    });
  const port = mqttPort === undefined ? undefined : String(mqttPort);
  return {
    ...common({ ...options, push: options.push ?? pushUrl, 'mqtt-port': options['mqtt-port'] ?? port }),
    url: originOf(url, options['allow-http']),
    places: [url],
    invitations: {},
    secrets: secretsOf(options, plan),
  };
}

/** What is said of any server. */
function common(options: TargetOptions): Omit<Target, 'url' | 'places' | 'invitations' | 'secrets'> {
  const given = givenIn(options);
  const native = nativeOf(options);
  const { ca, push, entra, 'mqtt-port': mqttPort } = options;
  const adminToken = options.token ?? process.env['ROLLCALL_TOKEN'];
  return {
    hasClock: false,
    isEmbedded: false,
    allowHttp: options['allow-http'],
    ...(push === undefined ? {} : { pushUrl: readSocketAddress('push', push) }),
    ...(mqttPort === undefined ? {} : { mqttPort: readWhole('mqtt-port', mqttPort, 1, 65_535) }),
    ...(entra === undefined ? {} : { entra: readEntra(entra).service }),
    ...(native === undefined ? {} : { native }),
    ...(adminToken === undefined || adminToken === '' ? {} : { adminToken }),
    ...(ca === undefined ? {} : { ca: readCertificates(ca) }),
    ...(given.length === 0 ? {} : { given }),
    close: async () => undefined,
  };
}

/** What a run was told of its server beside the address, as a person writes it, without values. */
function givenIn(options: TargetOptions): readonly string[] {
  const said = (name: (typeof saysMore)[number]): boolean => options[name] !== undefined && options[name] !== false;
  const isSet = (variable: string): boolean => (process.env[variable] ?? '') !== '';
  const variables = [...Object.values(secretNames), 'ROLLCALL_TOKEN'].filter(isSet);
  return [...saysMore.filter(said).map((name) => `--${name}`), ...variables];
}

const saysMore = [
  ...Object.values(wayOptions),
  ...(['ca', 'token', 'push', 'mqtt-port', 'mqtt-tls', 'allow-http', 'enroll-token', 'entra'] as const),
  ...(['csr', 'signatures', 'exact', 'background'] as const),
] as const;

function originOf(server: string, allowHttp: boolean): string {
  const { origin, protocol } = readAddress('server', server);
  if (protocol === 'https:' || allowHttp) return origin;
  throw commandLineError('USAGE', `--server ${origin} has no TLS`, { hint: 'Add --allow-http if that is meant.' });
}

/** Without --server the first server that a way in names stands for all of them. */
function firstOf(ways: Ways): string {
  const origin = Object.values(ways).find((way) => way.origin !== undefined)?.origin;
  if (origin !== undefined) return origin;
  throw commandLineError('FILE_UNUSABLE', 'no server is named by what was given to enroll with', {
    hint: 'Look at the file with `rollcall device --profile FILE --once`, which says what is wrong with it; or give --server too.',
  });
}

function assertNobodyLeft(platforms: readonly PlatformName[]): void {
  const [first] = platforms;
  if (first === undefined) return;
  throw commandLineError('USAGE', `${platforms.join(', ')}: nothing says where these devices enroll`, {
    hint: `Give --${wayOptions[first]}, or --server for a stub; or leave the platform out with --devices (of a smoke run: --platform).`,
  });
}

/** Android's wake-ups are MQTT; the servers of others have no socket of ours. */
const needsSocket = (atStub: readonly PlatformName[]): boolean => atStub.some((name) => name !== 'android');

const ownSocket = (url: string): string => `${url.replace(/^http/, 'ws')}/push`;

function placesOf(url: string, ways: Ways, present: readonly PlatformName[]): readonly string[] {
  const origins = present.map((name) => (ways[name] === undefined ? url : ways[name].origin));
  return [...new Set(origins.filter((origin) => origin !== undefined))];
}

function secretsOf(options: TargetOptions, plan: FleetPlan): Readonly<Record<string, string>> {
  const { env } = process;
  const token = options['enroll-token'] ?? env[secretNames.enrollToken];
  if (token !== undefined) assertFillable('enroll-token', token, plan, /\{([A-Za-z][\w-]*)\}/g);
  const told: Readonly<Record<string, string | undefined>> = { ...env, [secretNames.enrollToken]: token };
  return Object.fromEntries(
    Object.values(secretNames).flatMap((name) => {
      const value = told[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

const mostUsers = 1_000_000;

/** Whose the devices are, by --users: a number of people in turn, or the rows of a file. Throws USAGE, FILE_UNUSABLE. */
export const usersOf = (text: string): Users =>
  /^[-+\d.]+$/.test(text) ? { count: readWhole('users', text, 1, mostUsers) } : readUsers(text);
