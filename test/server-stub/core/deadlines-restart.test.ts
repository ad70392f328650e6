// What is due at a time, over restarts: met once, whether the process was there at that time, ended on the way, or came back later.
import { describe, expect, test } from 'vitest';
import { type ManualClock, manualClock } from '../../../base/clock.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { disk } from './disk.js';
import { assigned, type Bench, dayMs, hourMs, open, wifi } from './support.js';

const settings = { ...defaultSettings, mdmCertificateMs: 30 * dayMs, removeAfterMs: 60 * dayMs };
const policy = {
  id: 'pin',
  authority: 'office365',
  name: 'PIN',
  pin: true,
  encryption: false,
  graceMs: 3 * dayMs,
  assignment: { to: 'all', except: [] },
} as const;

/** What fell due, in words; what a restart forgets was seen before. */
function due(tenant: Tenant, from: number): string[] {
  return tenant.eventsAfter(from, 10_000).events.flatMap((event) => {
    if (event.type === 'graceEnded') return [`grace of ${event['change']}`];
    if (event.type === 'certificate' && event['state'] === 'expired') return ['certificate'];
    if (event.type === 'removed') return ['removed'];
    return event.type === 'compliance' ? [`compliance ${event['state']}`] : [];
  });
}

/** A device that violates a policy, whose certificate will end, in a tenant whose authority was changed. */
function begin() {
  const store = disk();
  const bench = open({ settings, profiles: [assigned('office365', wifi('w'))] }, store.persistence());
  bench.tenant.putCompliancePolicy(policy);
  bench.enroll('d');
  bench.tenant.setCertificate('d', bench.clock.now() + settings.mdmCertificateMs);
  bench.session('d', (command) =>
    command.kind === 'inventory' ? { status: 'done', data: { hasPasscode: false } } : { status: 'done' },
  );
  bench.tenant.setAuthority('intune', 'admin');
  return { store, bench };
}

const all = ['compliance noncompliant', 'grace of 1', 'certificate', 'removed'];

/** The next process: on the disk as the one before left it, its clock at this time. */
async function restart(before: Bench, store: ReturnType<typeof disk>, at: number) {
  await new Promise(setImmediate); // what the last turn wrote is written
  const left = store.asNow();
  void before.tenant.close();
  const clock: ManualClock = manualClock(at);
  const bench = open({ settings }, left.persistence(), clock);
  return { store: left, bench };
}

describe('what falls due', () => {
  test('is met once by processes of which each ends as soon as a time has come', async () => {
    let { store, bench } = begin();
    const start = bench.clock.now();
    const first = bench.tenant.eventsAfter(0, 10_000).events.at(-1)?.seq ?? 0;
    const met: string[] = [];
    await bench.clock.advance(3 * dayMs);
    met.push(...due(bench.tenant, first));
    for (const day of [3, 7, 7, 30, 30, 90, 90, 91]) {
      ({ store, bench } = await restart(bench, store, Math.max(bench.clock.now(), start + (day - 1) * dayMs)));
      await bench.clock.advance(start + day * dayMs - bench.clock.now());
      met.push(...due(bench.tenant, 0));
    }
    expect(met).toEqual(all);
  });

  test('while no process was there is met by the next, once, in order', async () => {
    const { store, bench } = begin();
    const later = bench.clock.now() + 200 * dayMs;
    const second = await restart(bench, store, later);
    await second.bench.clock.advance(0);
    expect(due(second.bench.tenant, 0)).toEqual(all);
    const third = await restart(second.bench, second.store, later);
    await third.bench.clock.advance(hourMs);
    expect(due(third.bench.tenant, 0)).toEqual([]);
    expect(third.bench.tenant.device('d')).toBeUndefined();
  });

  test('is met again where what came of it had not reached the disk', async () => {
    const { store, bench } = begin();
    await new Promise(setImmediate);
    const before = store.asNow();
    const at = bench.clock.now() + 8 * dayMs;
    await bench.clock.advance(8 * dayMs);
    const second = await restart(bench, before, at);
    await second.bench.clock.advance(0);
    expect(due(second.bench.tenant, 0)).toEqual(['compliance noncompliant', 'grace of 1']);
  });

  test('of a certificate that was renewed is told of each once', async () => {
    const { store, bench } = begin();
    const start = bench.clock.now();
    await bench.clock.advance(31 * dayMs);
    bench.tenant.setCertificate('d', start + 40 * dayMs);
    const second = await restart(bench, store, start + 45 * dayMs);
    await second.bench.clock.advance(0);
    expect(due(second.bench.tenant, 0)).toContain('certificate');
    const third = await restart(second.bench, second.store, start + 46 * dayMs);
    await third.bench.clock.advance(0);
    expect(due(third.bench.tenant, 0)).not.toContain('certificate');
  });
});
