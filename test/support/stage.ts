// The stage of rule tests: a stub authority that is started from the text of a tenant file, and devices that live by its clock. From
// then on the authority is moved and seen over HTTP alone: admin API, clock, faults, events.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type AuthorityOptions,
  createDevice,
  createPorts,
  type Device,
  type DeviceEvent,
  type DeviceOptions,
  enrollAddress,
  followClock,
  type Http,
  type HttpRequest,
  type Invitation,
  memoryLog,
  type PlatformName,
  readTenantFile,
  seededRandom,
  silentLog,
  skewed,
  startAuthority,
} from '../../index.js';
import { type Following, follow, type StubEvent } from './events.js';
import { httpsFetch } from './https-fetch.js';
import { authorityKeys, deviceKeys } from './keys.js';

export const hourMs = 3_600_000;
export const minuteMs = 60_000;
export const dayMs = 24 * hourMs;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Whose token an admin call carries; `nobody`: none at all. */
export type Caller = 'administrator' | 'helpDesk' | 'reader' | 'nobody';

/** A stub authority and devices on its clock, over real sockets. Everything is closed when the test ends. */
export interface Stage {
  readonly clock: {
    /** Milliseconds since the epoch. */
    now(): number;
    /** Moves the tenant's clock: resolves when all that falls due on the way has happened, at the devices too. */
    advance(ms: number): Promise<void>;
  };
  /** Whose protocol devices and invitations speak. */
  readonly platform: PlatformName;
  /** The same authority, for devices of another platform. */
  on(platform: PlatformName): Stage;
  /**
   * A new device; `index` decides who it is. `decide` may answer commands in its place: a device that is broken. `skewMs`: so much its
   * clock is ahead. `wire`: what becomes of its requests on their way.
   */
  device(
    index: number,
    options?: Pick<DeviceOptions, 'decide' | 'facts'> & {
      readonly skewMs?: number;
      readonly wire?: (http: Http) => Http;
    },
  ): Promise<Device>;
  invitation(user: string, query?: Readonly<Record<string, string>>): Invitation & { readonly url: string };
  /** For a device without a user. */
  userlessInvitation(): Promise<Invitation>;
  /** What anybody gets who asks for this address. */
  get(url: string): Promise<{ status: number; body: Buffer }>;
  /** What anybody gets who sends this. */
  send(request: HttpRequest): Promise<{ status: number; body: Buffer }>;
  /** Lets the device live (answer wake-ups, keep its schedule) until the test ends, or what is returned is called and has resolved. */
  alive(device: Device): () => Promise<void>;
  /** The stub ends, and starts anew at the same addresses from its data folder: of a stage that is kept. Events begin anew. */
  restart(): Promise<void>;
  /** A call of the admin API; resolves with status and JSON body. */
  admin(method: Method, path: string, body?: unknown, by?: Caller): Promise<{ status: number; body: AdminBody }>;
  /** The next event of GET /stub/v1/events that is so, of those since the stage was opened that were not returned yet. */
  event(isSo: (event: StubEvent) => boolean): Promise<StubEvent>;
  readonly log: ReturnType<typeof memoryLog>;
}

export interface StageOptions {
  readonly isKept?: boolean;
  readonly connections?: 'per-session' | 'shared';
}

/** What the admin API answers, as far as tests look into it. */
export interface AdminBody {
  readonly value: Record<string, unknown>[];
  readonly error: { readonly code: string; readonly message: string };
  readonly [key: string]: unknown;
}

/**
 * `tenantFile`: the text of a tenant file (docs/tenant.md). `isKept`: with a data folder, so that the stub may be restarted. Sessions of
 * one device share connections, unless they are to have their own as devices' have by default: a third of a rule's computing was
 * handshakes.
 */
export async function openStage(
  tenantFile: string,
  platform: PlatformName = 'ios',
  { isKept = false, connections = 'shared' }: StageOptions = {},
): Promise<Stage> {
  const dataFolder = isKept ? await mkdtemp(join(tmpdir(), 'rollcall-stage-')) : undefined;
  const start = (more: AuthorityOptions = {}) =>
    startAuthority({
      tenant: readTenantFile(tenantFile),
      clockSetting: 'manual',
      log: silentLog,
      newRsaKey: authorityKeys(),
      ...(dataFolder !== undefined && { dataFolder }),
      ...more,
    });
  let running = await start();
  onTestFinished(async () => {
    await running.close();
    if (dataFolder !== undefined) await rm(dataFolder, { recursive: true, force: true });
  });
  const { url, caPem, pushUrl, adminTokens } = running;
  const followed = await followClock({ url, ca: caPem });
  const log = memoryLog();
  // A busy machine takes its time, and a move of the clock is answered at its end.
  const http = { timeoutMs: 600_000, connections };
  const made = await createPorts({ clock: followed, log, ca: caPem, pushUrl, keys: deviceKeys(2), http });
  const living = new AbortController();
  onTestFinished(async () => {
    living.abort(new Error('the test has ended'));
    await made.close();
    followed.close();
  });

  async function ask(method: Method, address: string, more: { token?: string; body?: unknown } = {}) {
    const session = made.ports.http.open();
    try {
      return await session.request({
        method,
        url: address,
        maxBytes: 16 * 1024 * 1024,
        ...(more.token !== undefined && {
          headers: { authorization: `Bearer ${more.token}`, 'content-type': 'application/json' },
        }),
        ...(more.body !== undefined && { body: JSON.stringify(more.body) }),
      });
    } finally {
      session.close();
    }
  }

  const admin: Stage['admin'] = async (method, path, body, by = 'administrator') => {
    const token = by === 'nobody' ? {} : { token: adminTokens[by] };
    const answer = await ask(method, url + path, { ...token, body });
    const text = answer.body.toString('utf8');
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };

  let following: Promise<Following> | undefined;
  let wasRestarted = false;
  /** Read from the first move of the clock on: a year later Node would find the server's certificate to be of the future. */
  const events = () => {
    following ??= follow({ url, token: adminTokens.administrator, query: '?after=0', fetch: httpsFetch(caPem) });
    return following;
  };
  const event: Stage['event'] = async (isSo) => {
    const found = await (await events()).next(isSo);
    if (found === undefined) throw new Error('the events ended before the one that was waited for');
    return found;
  };

  const clock: Stage['clock'] = {
    now: () => followed.now(),
    async advance(ms) {
      if (!wasRestarted) await events();
      const now = new Date(followed.now() + ms).toISOString();
      const { status, body } = await admin('POST', '/stub/v1/clock', { now });
      if (status !== 200) throw new Error(`the clock was not moved: ${status} ${body.error.message}`);
    },
  };

  const stageOf = (of: PlatformName): Stage => ({
    clock,
    log,
    platform: of,
    on: stageOf,
    admin,
    event,
    async device(index, { skewMs = 0, wire = (http: Http) => http, ...options } = {}) {
      const { clock: right, http: open } = made.ports;
      const own = { clock: skewed(right, skewMs), http: wire(open), random: seededRandom('stage', index) };
      const ports = { ...made.ports, ...own };
      const device = createDevice({ ...options, platform: of, ports });
      onTestFinished(() => device.close());
      return device;
    },
    invitation(user, query = {}) {
      if (of === 'windows')
        return { authority: 'stub', url: `${url}/EnrollmentServer/Discovery.svc`, user, secret: '' };
      if (of === 'android') return { authority: 'stub', url: enrollAddress(of, url, user), user };
      return { authority: 'stub', url: `${url}/enroll/${of}?${new URLSearchParams({ user, ...query })}`, user };
    },
    async userlessInvitation() {
      if (of === 'android') return { authority: 'stub', url: enrollAddress(of, url) };
      if (of === 'ios') return { authority: 'stub', url: `${url}/enroll/${of}?userless=1` };
      const { status, body } = await admin('POST', '/stub/v1/windows/bulkTokens', {});
      if (status >= 300) throw new Error(`no bulk token was given: ${status}`);
      const token = Buffer.from(String(body['token']), 'utf8').toString('base64');
      return { authority: 'stub', url: `${url}/EnrollmentServer/Discovery.svc`, token };
    },
    get: (address) => ask('GET', address),
    async send(request) {
      const session = made.ports.http.open();
      try {
        return await session.request(request);
      } finally {
        session.close();
      }
    },
    alive(device) {
      const one = new AbortController();
      const lived = device.run(AbortSignal.any([living.signal, one.signal]));
      return async () => {
        one.abort(new Error('the device is switched off'));
        await lived;
      };
    },
    async restart() {
      if (dataFolder === undefined) throw new Error('this stage is not kept');
      await running.close();
      const [port = 0, pushPort = 0] = [url, running.apnsUrl].map((each) => Number(new URL(each).port));
      running = await start({ port, pushPort, adminTokens });
      following = undefined;
      wasRestarted = true;
      const isFollowed = new Promise<void>((resolve) => followed.after(1, resolve));
      await clock.advance(1);
      await isFollowed; // the devices' clock has found the new stub
    },
  });
  return stageOf(platform);
}

/** Resolves with the next event of this type on the device. */
export function nextEvent<T extends DeviceEvent['type']>(
  device: Device,
  type: T,
): Promise<Extract<DeviceEvent, { type: T }>> {
  return new Promise((resolve) => {
    const forget = device.onEvent((event) => {
      if (event.type !== type) return;
      forget();
      resolve(event as Extract<DeviceEvent, { type: T }>);
    });
  });
}

/** The names of the profiles that a device holds, sorted. */
export const heldNames = (device: Device): string[] =>
  device.state.holdings.map((holding) => holding.profile.name).sort();

/** The rules that are every platform's are shown on each of these. */
export const platformsOfRules: readonly PlatformName[] = ['ios', 'windows', 'android'];
