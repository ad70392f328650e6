import { onTestFinished } from 'vitest';
import { type ManualClock, manualClock } from '../../../base/clock.js';
import { isRollcallError } from '../../../base/errors.js';
import { silentLog } from '../../../base/log.js';
import type { Authority, Command, Outcome, PlatformName, Profile } from '../../../protocol/vocabulary.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import type { Persistence } from '../../../server-stub/core/persistence.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type {
  AssignedProfile,
  QueuedCommand,
  TenantConfig,
  TenantPorts,
  User,
} from '../../../server-stub/core/types.js';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export const user = (name: string, products: readonly string[] = ['SPB']): User => ({
  id: `id-${name}`,
  upn: `${name}@contoso.example`,
  displayName: name,
  products,
  groups: [],
});

export const wifi = (name: string, passphrase = 'secret words'): Profile => ({
  kind: 'wifi',
  name,
  ssid: name,
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase,
});

export const assigned = (
  authority: Authority,
  profile: Profile,
  assignedTo: 'all' | readonly string[] = 'all',
): AssignedProfile => ({
  id: `${authority}/${profile.name}`,
  authority,
  profile,
  assignment: { to: assignedTo === 'all' ? 'all' : { users: assignedTo, groups: [] }, except: [] },
});

export const config = (change: Partial<TenantConfig> = {}): TenantConfig => ({
  id: 'tenant',
  displayName: 'Contoso',
  authority: 'office365',
  settings: defaultSettings,
  pushCertificate: { topic: 'topic' },
  users: [user('ada'), user('ben')],
  profiles: [
    assigned('office365', wifi('both', 'old')),
    assigned('office365', wifi('old only')),
    assigned('intune', wifi('both', 'new')),
    assigned('intune', wifi('new only')),
  ],
  ...change,
});

/** As a platform that needs a push certificate (A11) and two that do not. */
export const traits: TraitsByPlatform = new Map([
  ['ios', { needsPushCertificate: true }],
  ['windows', { needsPushCertificate: false, canBeComanaged: true }],
  ['android', { needsPushCertificate: false }],
]);

/** Bytes and ids that count up: the same in each run, never the same twice. */
export function counted() {
  let count = 0;
  return {
    bytes: (length: number) => Buffer.alloc(length, ++count),
    uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  };
}

export interface Bench {
  readonly tenant: Tenant;
  readonly clock: ManualClock;
  /** Device ids, in the order of being notified, since the last look. */
  notified(): string[];
  /** Enrolls and confirms, on Windows unless told: it needs no push certificate. The first session is not held yet. */
  enroll(deviceId: string, userName?: string, platform?: PlatformName): void;
  /** A whole session; `answer` is `done` unless given. Returns what was asked, in order, as short words. */
  session(deviceId: string, answer?: (command: Command) => Outcome): string[];
  held(deviceId: string): string[];
}

export function open(
  change: Partial<TenantConfig> = {},
  persistence?: Persistence,
  at?: ManualClock,
  rest?: TenantPorts['rest'],
  bmsHold?: TenantPorts['bmsHold'],
): Bench {
  const clock = at ?? manualClock(Date.parse('2026-11-21T08:00:00Z'));
  const ports = {
    clock,
    keptFailures: 1000,
    random: counted(),
    log: silentLog,
    traits,
    ...(rest !== undefined && { rest }),
    ...(bmsHold !== undefined && { bmsHold }),
  };
  const tenant = createTenant(config(change), ports, persistence);
  onTestFinished(() => tenant.close());
  let notified: string[] = [];
  tenant.onNotify(({ deviceId }) => {
    notified.push(deviceId);
    return undefined;
  });
  return {
    tenant,
    clock,
    notified() {
      const seen = notified;
      notified = [];
      return seen;
    },
    enroll(deviceId, userName = 'ada', platform = 'windows') {
      const userId = userName === '' ? {} : { userId: `id-${userName}` };
      tenant.enroll({ platform, deviceId, serial: `S-${deviceId}`, ...userId });
      tenant.confirm(deviceId);
    },
    session(deviceId, answer = () => ({ status: 'done' })) {
      tenant.openSession(deviceId);
      const asked: string[] = [];
      for (let next = tenant.next(deviceId); next !== undefined; next = tenant.next(deviceId)) {
        asked.push(words(next));
        tenant.report(deviceId, next.id, answer(next.command));
      }
      return asked;
    },
    held: (deviceId) =>
      (tenant.device(deviceId)?.held ?? [])
        .map(({ name, authority, stale }) => `${name} (${authority}${stale ? ', stale' : ''})`)
        .sort(),
  };
}

export function words({ command }: Pick<QueuedCommand, 'command'>): string {
  if (command.kind === 'install-profile') return `+${command.profile.name}`;
  if (command.kind === 'remove-profile') return `-${command.name}`;
  return command.kind;
}

/** The code of the refusal that `attempt` ends in; E01 to E20 where it is one of those. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    const { refusal: detail } = error.details;
    if (typeof detail === 'object' && detail !== null && 'code' in detail) return String(detail.code);
    return error.code;
  }
  return 'none';
}
