// Who is notified of a change, part by part, and how that goes on after a crash (A5, A16).
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { disk } from './disk.js';
import { assigned, type Bench, open, wifi } from './support.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const many = { settings: { ...defaultSettings, deviceLimitPerUser: 1000 } };

function enrollMany(bench: Bench, count: number): void {
  for (let index = 0; index < count; index++) {
    bench.enroll(`d${index}`, index % 5 === 0 ? '' : 'ada', index % 2 === 0 ? 'windows' : 'ios');
  }
  bench.notified();
}

/** Pauses that end by hand. */
function pauses() {
  let ends: (() => void)[] = [];
  const asked: number[] = [];
  return {
    asked,
    rest: (devices: number) => {
      asked.push(devices);
      return new Promise<void>((resolve) => ends.push(resolve));
    },
    async end() {
      const now = ends;
      ends = [];
      for (const call of now) call();
      await settle();
    },
  };
}

/** Another process on the same disk. The one before is gone, with all that it would have done. */
function restart(before: Bench, store: ReturnType<typeof disk>, rest?: (devices: number) => Promise<void>): Bench {
  void before.tenant.close();
  return open(many, store.persistence(), before.clock, rest);
}

describe('the notifications of a change', () => {
  test('are handed on in parts of a hundred, with pauses between, and the history shows how far they have come', async () => {
    const { rest, asked, end } = pauses();
    const bench = open(many, undefined, undefined, rest);
    enrollMany(bench, 500);
    const n = bench.tenant.setAuthority('intune', 'admin');
    const progress = () => {
      const { toNotify, notified } = bench.tenant.change(n) ?? {};
      return [toNotify, notified, bench.notified().length];
    };
    expect(progress()).toEqual([500, 50, 50]); // of the first hundred, half wait for the push certificate (A11)
    await end();
    expect(progress()).toEqual([500, 100, 50]);
    for (let part = 0; part < 3; part++) await end();
    expect(progress()).toEqual([500, 250, 150]);
    await bench.tenant.handedOn();
    expect(asked).toEqual([100, 100, 100, 100]);
    bench.tenant.renewPushCertificate('admin');
    for (let part = 0; part < 3; part++) await end();
    await bench.tenant.handedOn();
    expect(progress()).toEqual([500, 500, 250]);
  });

  test('begin when the change and how far they will come are stored, and not before', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    store.hold();
    bench.tenant.setAuthority('intune', 'admin');
    await settle();
    expect(bench.notified()).toEqual([]);
    store.release();
    await bench.tenant.handedOn();
    expect(bench.notified()).toHaveLength(5);
  });

  test('say on the disk how far they come before anybody is asked', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    const upTo: unknown[] = [];
    bench.tenant.onNotify(() => {
      const [change] = store.saved.get('change')?.values() ?? [];
      upTo.push(change);
      return undefined;
    });
    bench.tenant.setAuthority('intune', 'admin');
    await bench.tenant.handedOn();
    expect(upTo).toHaveLength(5);
    for (const change of upTo) expect(change).toMatchObject({ value: { notifiedUpTo: 10 } });
  });

  test('end with the tenant, whatever waits to be stored then', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    store.hold();
    bench.tenant.setAuthority('intune', 'admin');
    void bench.tenant.close();
    store.release();
    await settle();
    expect(bench.tenant.pushes().filter(({ why }) => why === 'change')).toEqual([]);
  });

  test('reach a device once where its push certificate is uploaded while they are under way', async () => {
    const { rest, end } = pauses();
    const bench = open(many, undefined, undefined, rest);
    enrollMany(bench, 300);
    bench.tenant.setAuthority('intune', 'admin');
    bench.tenant.renewPushCertificate('admin');
    for (let part = 0; part < 5; part++) await end();
    await bench.tenant.handedOn();
    const notified = bench.notified();
    expect([notified.length, new Set(notified).size]).toEqual([300, 300]);
    expect(bench.tenant.change(1)).toMatchObject({ toNotify: 300, notified: 300 });
  });

  test('reach it once, too, where that happens while the change is not stored yet', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    store.hold();
    bench.tenant.setAuthority('intune', 'admin');
    bench.tenant.renewPushCertificate('admin');
    store.release();
    await bench.tenant.handedOn();
    expect(bench.notified()).toHaveLength(10);
    expect(bench.tenant.change(1)).toMatchObject({ toNotify: 10, notified: 10 });
  });

  test('go on after a crash where they stopped, and nobody is notified twice', async () => {
    const store = disk();
    const { rest, end } = pauses();
    const bench = open(many, store.persistence(), undefined, rest);
    enrollMany(bench, 450);
    store.hold();
    const n = bench.tenant.setAuthority('intune', 'admin');
    await settle();
    store.release();
    await settle();
    await end(); // two parts are handed on
    const first = bench.notified();
    expect(first).toHaveLength(100);

    const second = restart(bench, store, rest);
    second.tenant.resumeNotifications();
    await settle();
    const third = restart(second, store);
    third.tenant.resumeNotifications();
    await third.tenant.handedOn();
    const all = [...first, ...second.notified(), ...third.notified()];
    expect(all).toHaveLength(225);
    expect(new Set(all).size).toBe(225);
    expect(third.tenant.change(n)).toMatchObject({ toNotify: 450, notified: 225 });

    third.tenant.renewPushCertificate('admin');
    await third.tenant.handedOn();
    const phones = third.notified();
    expect(new Set([...all, ...phones]).size).toBe(450);
    const last = restart(third, store);
    last.tenant.resumeNotifications();
    await last.tenant.handedOn();
    expect(last.notified()).toEqual([]);
    expect(last.tenant.change(n)).toMatchObject({ toNotify: 450, notified: 450 });
  });

  test('go on after a crash, and nobody is notified twice, where a push certificate was uploaded before they had ended', async () => {
    const store = disk();
    const { rest, end } = pauses();
    const bench = open(many, store.persistence(), undefined, rest);
    enrollMany(bench, 450);
    bench.tenant.setAuthority('intune', 'admin');
    await settle();
    bench.tenant.renewPushCertificate('admin');
    await end();
    const first = bench.notified();
    expect(first).toHaveLength(150); // of the second part, in which none needs one, all
    const second = restart(bench, store);
    expect(second.tenant.isToBeNotified('d1')).toBe(true);
    second.tenant.resumeNotifications();
    await second.tenant.handedOn();
    expect(second.tenant.isToBeNotified('d1')).toBe(false);
    const all = [...first, ...second.notified()];
    expect([all.length, new Set(all).size]).toEqual([450, 450]);
    expect(second.tenant.change(1)).toMatchObject({ toNotify: 450, notified: 450 });
  });

  test('of a push certificate that was uploaded go on after a crash too', async () => {
    const store = disk();
    const { rest, end } = pauses();
    const bench = open(many, store.persistence(), undefined, rest);
    enrollMany(bench, 450);
    bench.tenant.setAuthority('intune', 'admin');
    for (let part = 0; part < 6; part++) await end();
    await bench.tenant.handedOn();
    bench.notified();
    bench.tenant.renewPushCertificate('admin');
    await settle();
    const first = bench.notified();
    expect(first).toHaveLength(100);
    const second = restart(bench, store);
    second.tenant.resumeNotifications();
    await second.tenant.handedOn();
    expect(new Set([...first, ...second.notified()]).size).toBe(225);
    expect(second.tenant.change(1)).toMatchObject({ notified: 450 });
  });

  test('count whom a crash met after it was stored that they are asked, and before it was stored that they were', async () => {
    const store = disk();
    const { rest, end } = pauses();
    const bench = open(many, store.persistence(), undefined, rest);
    enrollMany(bench, 450);
    let crashed: ReturnType<typeof disk> | undefined;
    bench.tenant.onNotify(() => {
      crashed ??= store.asNow();
      return undefined;
    });
    const n = bench.tenant.setAuthority('intune', 'admin');
    await settle();
    const first = bench.notified();
    const second = open(many, (crashed ?? store).persistence(), bench.clock, rest);
    second.tenant.resumeNotifications();
    for (let part = 0; part < 6; part++) await end();
    await second.tenant.handedOn();
    expect(new Set([...first, ...second.notified()]).size).toBe(225);
    expect(second.tenant.change(n)).toMatchObject({ toNotify: 450, notified: 225 });
  });

  test('of a push certificate count them, too', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 150);
    const n = bench.tenant.setAuthority('intune', 'admin');
    await bench.tenant.handedOn();
    let crashed: ReturnType<typeof disk> | undefined;
    bench.tenant.onNotify(() => {
      crashed ??= store.asNow();
      return undefined;
    });
    bench.tenant.renewPushCertificate('admin');
    await bench.tenant.handedOn();
    const second = open(many, (crashed ?? store).persistence(), bench.clock);
    second.tenant.resumeNotifications();
    await second.tenant.handedOn();
    expect(second.tenant.change(n)).toMatchObject({ toNotify: 150, notified: 150 });
    expect(second.notified()).toEqual([]);
  });

  test('count nobody who cannot be reached, or is gone when their turn comes', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    bench.tenant.onNotify(({ deviceId }) =>
      deviceId === 'd2' ? { result: 'refused', reason: 'Nobody listens.' } : undefined,
    );
    store.hold();
    const n = bench.tenant.setAuthority('intune', 'admin');
    bench.tenant.unenroll('d4', 'left');
    store.release();
    await bench.tenant.handedOn();
    expect(bench.tenant.change(n)).toMatchObject({ toNotify: 10, notified: 3 }); // d2 and d4 were not
  });

  test('go on after a stop with those whose turn had come and was not stored yet', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    store.hold();
    const n = bench.tenant.setAuthority('intune', 'admin');
    await settle();
    bench.tenant.stopNotifications();
    store.release();
    await settle();
    expect(bench.notified()).toEqual([]);
    const next = restart(bench, store);
    next.tenant.resumeNotifications();
    await next.tenant.handedOn();
    expect(next.notified()).toHaveLength(5);
    expect(next.tenant.change(n)).toMatchObject({ toNotify: 10, notified: 5 });
  });

  test('leave out who has left meanwhile and who enrolled since, and a second change begins its own', async () => {
    const { rest, end } = pauses();
    const bench = open(many, undefined, undefined, rest);
    for (let index = 0; index < 150; index++) bench.enroll(`d${index}`);
    bench.notified();
    bench.tenant.setAuthority('intune', 'admin');
    bench.tenant.unenroll('d120', 'left');
    await bench.clock.advance(1);
    bench.tenant.unenroll('d130', 'left');
    bench.enroll('d130');
    bench.enroll('d140'); // again, with nothing between: it keeps its place
    bench.enroll('new');
    expect(bench.notified()).toHaveLength(103);
    await end();
    expect(bench.notified()).toHaveLength(47);
    bench.tenant.setAuthority('office365', 'admin');
    await end();
    await end();
    await bench.tenant.handedOn();
    expect(bench.tenant.changes()).toMatchObject([
      { toNotify: 150, notified: 147, left: 3, waiting: 147 },
      { toNotify: 150, notified: 150, waiting: 150 },
    ]);
  });

  test('who is notified by hand is told why, and the newest pushes are remembered', () => {
    const { tenant, enroll } = open();
    enroll('d');
    tenant.queue('d', { kind: 'lock' });
    tenant.notify('d');
    tenant.notify('d', 'assignment');
    expect(tenant.pushes().map(({ why, result }) => [why, result])).toEqual([
      ['action', 'sent'],
      ['action', 'sent'],
      ['sync', 'sent'],
      ['assignment', 'sent'],
    ]);
  });
});

describe('the notifications of an assignment', () => {
  const nobody = { to: { users: [], groups: [] }, except: [] };
  const mine = { ...assigned('office365', wifi('mine')), id: 'mine' };

  /** 300 devices, of ada all but each fifth; the first part of them is asked. */
  async function underWay() {
    const store = disk();
    const { rest, end } = pauses();
    const bench = open(many, store.persistence(), undefined, rest);
    enrollMany(bench, 300);
    bench.tenant.putProfile(mine);
    await settle();
    return { bench, store, rest, end, first: bench.notified() };
  }

  test('go on after a crash where they stopped, and nobody is notified twice', async () => {
    const { bench, store, first } = await underWay();
    expect(first).toHaveLength(100);
    const second = restart(bench, store);
    expect([second.tenant.isToBeNotified('d99'), second.tenant.isToBeNotified('d100')]).toEqual([false, true]);
    second.tenant.resumeNotifications();
    await second.tenant.handedOn();
    const all = [...first, ...second.notified()];
    expect([all.length, new Set(all).size]).toEqual([300, 300]);
    expect([store.saved.get('asking')?.size, store.saved.get('asked')?.size]).toEqual([0, 0]);
    const third = restart(second, store);
    third.tenant.resumeNotifications();
    await third.tenant.handedOn();
    expect(third.notified()).toEqual([]);
  });

  test('reach those whom an earlier change of the same thing concerned, although another came before their turn', async () => {
    const { bench, store, first } = await underWay();
    bench.tenant.putProfile({ ...mine, assignment: nobody });
    bench.tenant.putProfile({ ...mine, assignment: { to: { users: ['id-ben'], groups: [] }, except: [] } });
    const second = restart(bench, store);
    second.tenant.resumeNotifications();
    await second.tenant.handedOn();
    const rest = second.notified();
    expect(new Set([...first, ...rest]).size).toBe(300);
  });

  test('are taken up again where another change came while it was stored that their turn has come', async () => {
    const store = disk();
    const bench = open(many, store.persistence());
    enrollMany(bench, 10);
    store.hold();
    bench.tenant.putProfile(mine);
    await settle();
    bench.tenant.putProfile({ ...mine, assignment: nobody });
    store.release();
    await bench.tenant.handedOn();
    expect(new Set(bench.notified()).size).toBe(10);
    expect(store.saved.get('asking')?.size).toBe(0);
  });
});
