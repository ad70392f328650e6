import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { leadRun } from '../../../fleet/coordinator/lead.js';
import { defaultProcesses, localAddressesFor } from '../../../fleet/coordinator/processes.js';
import { engineTargetOf } from '../../../fleet/engine/target.js';
import type { LogEvent } from '../../../fleet/log/events.js';
import type { Summary } from '../../../fleet/report/summary.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { deviceKeys } from '../../support/keys.js';
import { atOnce, jobOf, Led, planOf as smallPlan } from '../engine/coordinating.js';
import { openTarget } from '../stub.js';

const engineProgram = resolve(join(import.meta.dirname, '../../../dist/engine.js'));

const plan = readScenario(`
name: t
seed: t
version: 1
authority: office365
devices: { ios: 3, windows: 3, android: 3, users: { devicesEach: 3 }, keys: { pool: 2 } }
phases:
  - enroll: { closed: { users: 4 } }
  - check-in: { closed: { users: 4 } }
  - check-in: { name: receive, closed: { users: 4 }, expect: [email, vpn, wifi] }
  - check-in: { name: refused, closed: { users: 4 }, faults: [{ share: 20%, signature: wrong }] }
  - use: { kinds: [email, wifi], closed: { users: 4 } }
  - leave: { share: 50%, closed: { users: 4 } }
`);

/** A run by so many engines at an authority of its own, which is in another process than those that are forked. */
async function ranBy(processes: number) {
  const { authority, target } = await openTarget();
  const events: LogEvent[] = [];
  const summary = await leadRun({
    plan,
    processes,
    openTarget: async () => target,
    signal: new AbortController().signal,
    log: silentLog,
    keysFolder: deviceKeys(2).folder ?? '',
    engineProgram,
    onEvent: (event) => events.push(event),
  });
  const { tenant } = authority;
  return {
    summary,
    engines: new Set(events.flatMap((event) => (event.type === 'result' ? [event.result.worker.pid] : []))).size,
    failures: events
      .flatMap((event) => (event.type === 'failure' ? [event.failure] : []))
      .map(({ index, platform, id, step, code }) => ({ index, platform, id, step, code }))
      .sort((one, other) => one.index - other.index || (one.step < other.step ? -1 : 1)),
    devices: tenant
      .devices()
      .map(({ deviceId, platform, serial, userId, status }) => ({
        ...{ deviceId, platform, serial, userId, status },
        commands: tenant
          .commands(deviceId)
          .map(({ command: { kind }, status: state }) => `${kind} ${state}`)
          .sort(),
      }))
      .sort((one, other) => (one.deviceId < other.deviceId ? -1 : 1)),
  };
}

/** What must not depend on how many engines there are: no time, no lateness, no retry, no byte. */
const countsOf = ({ steps }: Summary) =>
  steps.map(({ name, count, counts, platforms, errors }) => ({
    ...{ name, count, errors: errors.map(({ code, count: failed }) => [code, failed]) },
    counts: lasting(counts),
    platforms: Object.fromEntries(
      Object.entries(platforms).map(([platform, figures]) => [platform, lasting(figures.counts)]),
    ),
  }));
const passing = new Set(['late', 'retries', 'sentBytes', 'receivedBytes', 'connections', 'resumed']);
const lasting = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => !passing.has(name)));

describe('a run by two engines in processes of their own', () => {
  it('has the devices, commands, failures and counters of the same run by one', async () => {
    expect(existsSync(engineProgram)).toBe(true);
    const [one, two] = [await ranBy(1), await ranBy(2)];
    expect([one.summary.problem, two.summary.problem]).toEqual([undefined, undefined]);
    expect([one.engines, two.engines]).toEqual([1, 2]);
    expect(one.summary.devices).toMatchObject({ total: 9, enrolled: 9 });
    expect(one.devices.length).toBeGreaterThan(4);
    expect(one.failures.length).toBeGreaterThan(0);
    expect(two.devices).toEqual(one.devices);
    expect(two.failures).toEqual(one.failures);
    expect(countsOf(two.summary)).toEqual(countsOf(one.summary));
  });
});

const at = (url: string) => ({ url, places: [url] });

describe('how many engines a run gets', () => {
  it('is one for each free processor, and none without some hundred devices', () => {
    expect(defaultProcesses(100, false, 8)).toBe(1);
    expect(defaultProcesses(251, false, 8)).toBe(2);
    expect(defaultProcesses(10_000, false, 8)).toBe(8);
    expect(defaultProcesses(10_000, true, 8)).toBe(7);
    expect(defaultProcesses(10_000, true, 1)).toBe(1);
  });
});

describe('addresses that connections go out from', () => {
  it('are several where the ports of one would run out, at an authority on this machine', () => {
    const here = at('https://127.0.0.1:1');
    expect(localAddressesFor(100, here, 400)).toEqual([]);
    expect(localAddressesFor(101, here, 400)).toEqual(['127.0.0.2', '127.0.0.3']);
    expect(localAddressesFor(101, { ...here, pushUrl: 'wss://localhost:2/push' }, 400)).toHaveLength(2);
    expect(localAddressesFor(1_000_000, here, 400)).toHaveLength(250);
  });

  it('are left to the system where something of the target lies elsewhere', () => {
    const elsewhere = ['https://10.0.0.1:1', 'https://mdm.example', 'https://127.example', 'https://[::1]:1'];
    const here = at('https://127.0.0.1:1');
    for (const url of elsewhere) {
      expect([url, localAddressesFor(1_000_000, at(url), 400)]).toEqual([url, []]);
      expect([url, localAddressesFor(1_000_000, { ...here, places: [here.url, url] }, 400)]).toEqual([url, []]);
      const pushUrl = url.replace('https', 'wss');
      expect([url, localAddressesFor(1_000_000, { ...here, pushUrl }, 400)]).toEqual([url, []]);
    }
  });

  it('are those that an engine is given: each device keeps to one of them, on HTTP and where it waits to be woken', async () => {
    const from: (string | undefined)[] = [];
    const see = (message: unknown): void => void from.push((message as { socket: Socket }).socket.remoteAddress);
    subscribe('net.server.socket', see);
    onTestFinished(() => void unsubscribe('net.server.socket', see));
    const { target } = await openTarget();
    const localAddresses = ['127.0.0.2', '127.8.0.3'];
    const groups = [
      { name: 'ios', platform: 'ios', count: 4 },
      { name: 'pcs', platform: 'windows', count: 4 },
    ] as const;
    const plan = smallPlan({ groups, steps: [{ kind: 'enroll', name: 'enroll', atMs: 0, pace: atOnce }] });
    const engine = new Led();
    engine.tell({
      type: 'job',
      job: jobOf(plan, engineTargetOf(target), { localAddresses, keysFolder: deviceKeys(2).folder ?? '' }),
    });
    await engine.hears('ready');
    await engine.goesThrough(0);
    expect(engine.of('enroll').counter('passed')).toBe(8);
    expect(new Set(from)).toEqual(new Set(localAddresses));
    for (const address of localAddresses) // neither a platform nor nearly all of the devices
      expect(from.filter((each) => each === address).length).toBeGreaterThan(from.length / 4);
  });
});
