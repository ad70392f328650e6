import { onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  type Device,
  type DeviceEvent,
  enrollAddress,
  type Invitation,
  seededRandom,
} from '../../agent/index.js';
import { type ManualClock, manualClock } from '../../base/clock.js';
import { memoryLog } from '../../base/log.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { startAuthority } from '../../server-stub/index.js';
import { readTenantFile } from '../../server-stub/tenant-file/read.js';
import { authorityKeys, deviceKeys } from './keys.js';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/**
 * A stub authority and devices on one manual clock, over real sockets. The authority is seen by its devices and through its
 * admin API only: nothing here reaches into it. Everything is closed when the test ends.
 */
export interface Stage {
  readonly clock: ManualClock;
  /** Whose protocol devices and invitations speak. */
  readonly platform: PlatformName;
  /** A new device; `index` decides who it is. */
  device(index: number): Promise<Device>;
  invitation(user: string, query?: Readonly<Record<string, string>>): Invitation & { readonly url: string };
  /** What anybody gets who asks for this address. */
  get(url: string): Promise<{ status: number; body: Buffer }>;
  /** Lets the device live (answer wake-ups) until the test ends. */
  alive(device: Device): void;
  /** A call of the admin API; resolves with status and JSON body. */
  admin(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: AdminBody }>;
  readonly log: ReturnType<typeof memoryLog>;
}

/** What the admin API answers, as far as tests look into it. */
export interface AdminBody {
  readonly value: Record<string, unknown>[];
  readonly error: { readonly code: string; readonly message: string };
  readonly [key: string]: unknown;
}

/** `tenantFile`: the text of a tenant file. */
export async function openStage(tenantFile: string, platform: PlatformName = 'ios'): Promise<Stage> {
  const clock = manualClock(Date.parse('2026-11-21T08:00:00Z'));
  const tenant = readTenantFile(tenantFile);
  const authority = await startAuthority({ port: 0, pushPort: 0, tenant, clock, newRsaKey: authorityKeys() });
  onTestFinished(() => authority.close());
  const log = memoryLog();
  const made = await createPorts({
    clock,
    log,
    ca: authority.caPem,
    pushUrl: authority.pushUrl,
    keys: deviceKeys(2),
  });
  onTestFinished(() => made.close());
  const living = new AbortController();
  onTestFinished(() => living.abort(new Error('the test has ended')));
  return {
    clock,
    log,
    platform,
    async device(index) {
      const device = createDevice({ platform, ports: { ...made.ports, random: seededRandom('stage', index) } });
      onTestFinished(() => device.close());
      return device;
    },
    invitation(user, query = {}) {
      if (platform === 'windows')
        return { authority: 'stub', url: `${authority.url}/EnrollmentServer/Discovery.svc`, user, secret: '' };
      if (platform === 'android') return { authority: 'stub', url: enrollAddress(platform, authority.url, user), user };
      const parameters = new URLSearchParams({ user, ...query });
      return { authority: 'stub', url: `${authority.url}/enroll/${platform}?${parameters}`, user };
    },
    async get(url) {
      const session = made.ports.http.open();
      try {
        return await session.request({ method: 'GET', url });
      } finally {
        session.close();
      }
    },
    alive(device) {
      void device.run(living.signal);
    },
    async admin(method, path, body) {
      const session = made.ports.http.open();
      try {
        const answer = await session.request({
          method,
          url: authority.url + path,
          headers: {
            authorization: `Bearer ${authority.adminTokens.administrator}`,
            'content-type': 'application/json',
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return {
          status: answer.status,
          body: answer.body.length === 0 ? undefined : JSON.parse(answer.body.toString('utf8')),
        };
      } finally {
        session.close();
      }
    },
  };
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
