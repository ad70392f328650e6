// node --expose-gc restore-process.js live|restored FOLDER DEVICES: a tenant with that many devices, in a process of its own. Prints
// what a device takes as JSON.
import { join } from 'node:path';
import { seededRandom } from '../agent/io/random.js';
import { realClock } from '../base/clock.js';
import { silentLog } from '../base/log.js';
import type { Tenant } from '../server-stub/core/interfaces.js';
import { openJournal } from '../server-stub/core/journal.js';
import { createTenant } from '../server-stub/core/tenant.js';
import { defaultTenant } from '../server-stub/default-tenant.js';
import { ios } from '../server-stub/registry.js';
import { cpuSeconds } from './cpu.js';
import { settledRss } from './settled.js';

export interface RestoreReading {
  readonly bytesPerDevice: number;
  /** From the call to the tenant being there, or until the last device is. */
  readonly seconds: number;
  /** The same in CPU time of the process, all its threads: what a busy machine does not change. */
  readonly cpuSeconds: number;
}

const users = 100;

/** A tenant that starts with the devices of `folder`, and closes with it. */
function openTenant(folder: string, seed: string): Tenant {
  const random = seededRandom(seed, 0);
  const config = defaultTenant({ authority: 'intune', users });
  const settings = { ...config.settings, deviceLimitPerUser: 1_000_000 };
  return createTenant(
    { ...config, settings },
    { clock: realClock, random, log: silentLog, traits: new Map([[ios.name, ios.traits]]) },
    openJournal(folder, silentLog),
  );
}

/** Enrolled, told what it is told in its first session, and answered; straight at the tenant, so that no key is made. */
function enroll(tenant: Tenant, index: number): void {
  const deviceId = `00008110-${String(index).padStart(16, '0')}`;
  const userId = tenant.users()[index % users]?.id;
  tenant.enroll({
    platform: 'ios',
    deviceId,
    serial: `F${String(index).padStart(11, '0')}`,
    model: `iPhone15,${index % 10}`,
    osVersion: `18.${index % 10}`,
    deviceName: `iPhone of user ${index}`,
    ...(userId === undefined ? {} : { userId }),
  });
  tenant.setDialect(deviceId, {
    pushToken: Buffer.alloc(32, index),
    pushMagic: `${deviceId}-magic`,
    topic: `com.apple.mgmt.External.${index % 4}`,
  });
  tenant.confirm(deviceId);
  tenant.openSession(deviceId);
  for (let next = tenant.next(deviceId); next !== undefined; next = tenant.next(deviceId)) {
    tenant.report(deviceId, next.id, { status: 'done' });
  }
}

async function enrollAll(tenant: Tenant, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    enroll(tenant, index);
    if (index % 100 === 0) await new Promise(setImmediate); // what was changed is written meanwhile
  }
}

async function live(folder: string, devices: number): Promise<RestoreReading> {
  const tenant = openTenant(folder, 'live');
  await enrollAll(tenant, 0, warm);
  const before = await settledRss();
  const began = performance.now();
  const cpuBefore = cpuSeconds();
  await enrollAll(tenant, warm, warm + devices);
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuSeconds() - cpuBefore;
  const bytes = (await settledRss()) - before;
  await tenant.close();
  return { bytesPerDevice: bytes / devices, seconds, cpuSeconds: cpu };
}

async function restored(folder: string, devices: number): Promise<RestoreReading> {
  const warmFolder = join(folder, `warm-${process.pid}`);
  const small = openTenant(warmFolder, 'warm'); // code and caches are there before the first reading
  await enrollAll(small, 0, warm);
  await small.close();
  const again = openTenant(warmFolder, 'warm');
  const before = await settledRss();
  const began = performance.now();
  const cpuBefore = cpuSeconds();
  const tenant = openTenant(folder, 'restored');
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuSeconds() - cpuBefore;
  const bytes = (await settledRss()) - before;
  const there = tenant.deviceCount().all;
  await tenant.close();
  await again.close();
  if (there !== warm + devices) throw new Error(`${there} devices were restored`);
  return { bytesPerDevice: bytes / (warm + devices), seconds, cpuSeconds: cpu };
}

const warm = 1000;
const [mode, folder = '', devices] = process.argv.slice(2);
const reading = await (mode === 'live' ? live : restored)(folder, Number(devices));
process.stdout.write(JSON.stringify(reading));
