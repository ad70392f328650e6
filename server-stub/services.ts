// What every dialect of a stub authority stands on: data folder, certificate authority, tenant, SCEP, push.
import { randomBytes, randomUUID } from 'node:crypto';
import { realClock } from '../base/clock.js';
import { createLog, type Log } from '../base/log.js';
import { Addresses } from './addresses.js';
import type { CommonOptions } from './authority-options.js';
import { type Ca, openCa } from './ca.js';
import { type ClockFollowers, openClockFollowers } from './clock-followers.js';
import type { Closers } from './closers.js';
import type { Tenant } from './core/interfaces.js';
import { type Journal, openJournal } from './core/journal.js';
import { defaultSettings } from './core/settings.js';
import { createTenant } from './core/tenant.js';
import type { TenantConfig } from './core/types.js';
import { defaultTenant } from './default-tenant.js';
import type { Dialects } from './dialect.js';
import { Faults } from './faults/faults.js';
import { KeyMaker } from './key-maker.js';
import { type Network, openNetwork } from './network.js';
import { PushService } from './push/service.js';
import { openScep, type Scep } from './scep/open.js';
import { servedTraits } from './served-traits.js';
import { openTenantClock, type TenantClock } from './tenant-clock.js';

export interface Services {
  readonly clock: TenantClock;
  readonly clockFollowers: ClockFollowers;
  readonly random: (length: number) => Buffer;
  readonly log: Log;
  readonly addresses: Addresses;
  readonly journal: Journal | undefined;
  readonly ca: Ca;
  readonly tenant: Tenant;
  readonly scep: Scep;
  readonly push: PushService;
  readonly network: Network;
  readonly keys: KeyMaker;
  readonly faults: Faults;
}

/** Devices that are notified of a change in a second, where no rate of pushes was asked for. */
const notificationsPerSecond = 2000;
const uuid = () => randomUUID().toUpperCase();

/** Refusals of what strangers send are said once and then counted, the last of them when all else has ended. */
function ownLog(closers: Closers): Log {
  const log = createLog({ level: 'warn', repeats: { clock: realClock } });
  closers.add(() => log.settle());
  return log;
}

/** `deviceCertificateMs` is how long certificates of devices live where the tenant does not say anything else than usual. */
function withCertificateLife(config: TenantConfig, deviceCertificateMs: number | undefined): TenantConfig {
  const isUsual = config.settings.mdmCertificateMs === defaultSettings.mdmCertificateMs;
  if (deviceCertificateMs === undefined || !isUsual) return config;
  return { ...config, settings: { ...config.settings, mdmCertificateMs: deviceCertificateMs } };
}

/** Throws DATA_CORRUPT, DATA_LOCKED, REQUEST_INVALID; what was opened until then is in `closers`. */
export async function openServices(options: CommonOptions, dialects: Dialects, closers: Closers): Promise<Services> {
  const {
    dataFolder,
    random = randomBytes,
    networkClock = realClock,
    hostnames = [],
    host = '127.0.0.1',
    tls = true,
  } = options;
  const log = options.log ?? ownLog(closers);
  const addresses = new Addresses({ host, hostnames, tls });
  const journal =
    dataFolder === undefined ? undefined : openJournal(dataFolder, log, { clock: networkClock, isHeld: true });
  closers.add(() => journal?.close());
  const clock = openTenantClock({
    base: options.clock ?? realClock,
    keep: journal?.keep('clock'),
    setting: options.clockSetting,
  });
  const push = new PushService({ clock, networkClock });
  const clockFollowers = openClockFollowers(clock, networkClock, () => push.isHeard);
  const ca = await openCa({
    clock,
    random,
    hostnames: addresses.hostnames,
    ...(dataFolder !== undefined && { dataFolder }),
    hasTenant: journal?.load() !== undefined,
    ...(options.root !== undefined && { root: options.root }),
    ...(options.newRsaKey !== undefined && { newRsaKey: options.newRsaKey }),
    withRegistrationAuthority: options.registrationAuthority ?? false,
    deviceCertificateMs: () => tenant.settings.mdmCertificateMs,
    keep: journal?.keep('issued'),
  });
  const traits = servedTraits(dialects);
  const faults = new Faults(clock);
  const bmsHold = () => {
    const fault = faults.strike('bms.hold', {});
    return fault && { until: fault.setAt + (fault.forMs ?? Number.POSITIVE_INFINITY) };
  };
  const { pushRate = notificationsPerSecond } = options;
  const rest = (devices: number) => networkClock.sleep((devices * 1000) / pushRate);
  const ports = { clock, random: { bytes: random, uuid }, log, traits, rest, bmsHold };
  const config = withCertificateLife(options.tenant ?? defaultTenant({}, dialects), options.deviceCertificateMs);
  const tenant = createTenant(config, ports, journal);
  closers.add(() => tenant.close());
  faults.onChange(() => tenant.bmsHoldChanged());
  clock.onChange(() =>
    tenant.emit({ type: 'clock', now: new Date(clock.now()).toISOString(), mode: clock.mode, scale: clock.scale }),
  );
  const keep = journal && {
    challenges: journal.keep('scep-challenges', { formerName: 'ios-challenges' }),
    transactions: journal.keep('scep-transactions', { formerName: 'ios-transactions' }),
  };
  const scep = openScep({ ca, clock, random, log, keep }, options.scep ?? {}, () => tenant.settings.enrollmentMs);
  const keys = new KeyMaker();
  const network = openNetwork({ ...options, clock: networkClock });
  closers.add(
    () => network.fanOut.close(),
    () => push.close(),
    () => keys.close(),
  );
  return { clock, clockFollowers, random, log, addresses, journal, ca, tenant, scep, push, network, keys, faults };
}
