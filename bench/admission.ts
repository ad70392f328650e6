// What it costs to judge who may enroll as users, restrictions and kept failures grow: tenants of both sizes in this process, in turn.
import { createHash } from 'node:crypto';
import { manualClock } from '../base/clock.js';
import { isRollcallError } from '../base/errors.js';
import { silentLog } from '../base/log.js';
import type { Tenant } from '../server-stub/core/interfaces.js';
import { defaultSettings } from '../server-stub/core/settings.js';
import { createTenant } from '../server-stub/core/tenant.js';
import type { TenantConfig } from '../server-stub/core/types.js';
import { cpuSeconds, median } from './cpu.js';

export interface AdmissionReading {
  /** Users, restrictions with a group each, declared devices, and failures that are kept. */
  readonly size: number;
  /** Microseconds of CPU: an enrollment from its first step to its last with its end, and a refusal that is recorded. */
  readonly enrollUs: number;
  readonly refuseUs: number;
}

export interface AdmissionFigure {
  readonly readings: readonly [AdmissionReading, AdmissionReading];
  /** Medians of the ratios pair by pair, of the greater tenant to the smaller one. */
  readonly enrollRatio: number;
  readonly refuseRatio: number;
  readonly pairs: readonly { readonly enroll: number; readonly refuse: number }[];
}

const platform = 'windows';
const attempts = 12_000;
/** A tenant has no more. */
const mostGroups = 10_000;

/** `sizes`: the smaller tenant's and the greater one's. */
export async function benchAdmission(sizes: readonly [number, number], pairs: number): Promise<AdmissionFigure> {
  const [small, great] = sizes.map((size) => filled(size)) as [Filled, Filled];
  try {
    const measured: { readonly small: Spent; readonly great: Spent }[] = [];
    for (let pair = -1; pair < pairs; pair++) {
      const one = spentOn(small);
      const other = spentOn(great);
      if (pair >= 0) measured.push({ small: one, great: other }); // the first is the warm-up
    }
    const reading = (key: 'small' | 'great', { size }: Filled): AdmissionReading => ({
      size,
      enrollUs: median(measured.map((each) => each[key].enroll)),
      refuseUs: median(measured.map((each) => each[key].refuse)),
    });
    const ratios = measured.map((each) => ({
      enroll: each.great.enroll / each.small.enroll,
      refuse: each.great.refuse / each.small.refuse,
    }));
    return {
      readings: [reading('small', small), reading('great', great)],
      enrollRatio: median(ratios.map(({ enroll }) => enroll)),
      refuseRatio: median(ratios.map(({ refuse }) => refuse)),
      pairs: ratios,
    };
  } finally {
    await Promise.all([small.tenant.close(), great.tenant.close()]);
  }
}

interface Filled {
  readonly size: number;
  readonly tenant: Tenant;
}

/** One user in ten of those that try is refused by the restriction of a group, and each is in three groups. */
function filled(size: number): Filled {
  const groups = Array.from({ length: Math.min(size, mostGroups) }, (_, index) => ({
    id: `g${index}`,
    displayName: `Group ${index}`,
    groups: [],
    products: [],
  }));
  const config: TenantConfig = {
    id: 'bench',
    displayName: 'Bench',
    authority: 'intune',
    settings: defaultSettings,
    groups,
    users: Array.from({ length: size }, (_, index) => ({
      id: `u${index}`,
      upn: `user${index}@bench.example`,
      displayName: `User ${index}`,
      products: ['SPB'],
      groups: [0, 1, 2].map((step) => `g${(index + step * 17) % groups.length}`),
    })),
    profiles: [],
    restrictions: Array.from({ length: size }, (_, index) => ({
      id: `r${index}`,
      kind: 'platforms',
      displayName: `Restriction ${index}`,
      priority: index + 1,
      groups: [`g${index % groups.length}`],
      platforms: { [platform]: { osMinimum: '10.0', osMaximum: '11.0' } },
    })),
    corporateDevices: Array.from({ length: size }, (_, index) => ({
      id: `c${index}`,
      type: 'serialNumber',
      value: `SERIAL-${index}`,
      createdAt: 0,
    })),
  };
  let count = 0;
  const traits = new Map([[platform, { needsPushCertificate: false }] as const]);
  const random = {
    bytes: (length: number) => Buffer.alloc(length, 1),
    uuid: () => createHash('sha256').update(String(count++)).digest('hex').slice(0, 36),
  };
  // Both lists of failures are full: each that is recorded drops one, which costs a fifth of a refusal whatever their length.
  const ports = { traits, clock: manualClock(0), random, log: silentLog, keptFailures: size };
  const tenant = createTenant(config, ports);
  for (let index = 0; index < size; index++) refused(tenant, index, index % size);
  return { size, tenant };
}

interface Spent {
  readonly enroll: number;
  readonly refuse: number;
}

/** Of attempts by people from all over the tenant. */
function spentOn({ tenant, size }: Filled): Spent {
  const person = (index: number) => (index * 7919) % size;
  const enroll = each((index) => {
    const userId = `u${person(index)}`;
    const { user } = tenant.admit({ platform, user: userId, way: 'user' });
    if (user === undefined) throw new Error(`${userId} was not admitted`);
    tenant.enroll({ platform, deviceId: `d${index}`, serial: `s${index}`, userId, osVersion: '10.0.19045' });
    tenant.confirm(`d${index}`);
    tenant.unenroll(`d${index}`, 'left');
  });
  const refuse = each((index) => refused(tenant, index, person(index)));
  return { enroll, refuse };
}

function each(act: (index: number) => void): number {
  globalThis.gc?.(); // what was made before is not collected at the expense of this
  const before = cpuSeconds();
  for (let index = 0; index < attempts; index++) act(index);
  return ((cpuSeconds() - before) / attempts) * 1e6;
}

/** By the restriction that counts for the person (E09). */
function refused(tenant: Tenant, index: number, person: number): void {
  try {
    tenant.enroll({ platform, deviceId: `x${index}`, serial: 's', userId: `u${person}`, osVersion: '12.0' });
  } catch (error) {
    if (isRollcallError(error, 'ENROLLMENT_REFUSED')) return;
    throw error;
  }
  throw new Error('nobody was refused');
}
