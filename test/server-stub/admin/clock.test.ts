import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { startAuthority } from '../../../server-stub/index.js';
import { authorityKeys } from '../../support/keys.js';

const hourMs = 3_600_000;

async function open() {
  const running = await startAuthority({ port: 0, tls: false, log: silentLog, newRsaKey: authorityKeys() });
  onTestFinished(() => running.close());
  const { url, adminTokens } = running;
  const ask = async (init: RequestInit = {}, query = '') => {
    const answer = await fetch(`${url}/stub/v1/clock${query}`, init);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const post = (body: object, token = adminTokens.administrator) =>
    ask({ method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
  return { running, ask, post };
}

describe('/stub/v1/clock', () => {
  it('tells everybody the time, lets the administrator change it, and answers when all that fell due was done', async () => {
    const { running, ask, post } = await open();
    expect(await ask()).toMatchObject({ status: 200, body: { mode: 'real', scale: 1, changes: 0 } });
    const { body } = await post({ mode: 'manual' });
    const before = Date.parse(String(body['now']));
    const { tenant, clock } = running;
    const { lastEvent, eventsAfter } = tenant;
    const seen = lastEvent();
    const notified: number[] = [];
    tenant.onNotify(() => {
      notified.push((clock.now() - before) / hourMs);
      return undefined;
    });
    const userId = tenant.users()[0]?.id ?? '';
    const device = { platform: 'windows', deviceId: 'D1', serial: 'S1', userId } as const;
    tenant.enroll(device);
    tenant.confirm('D1');
    const moved = await post({ advance: '1d' });
    expect(moved).toMatchObject({ status: 200, body: { mode: 'manual', scale: 0 } });
    expect(Date.parse(String(moved.body['now']))).toBe(before + 24 * hourMs);
    expect(notified).toEqual([0, 8, 16, 24]);
    expect((await ask()).body).toEqual(moved.body);
    const told = { type: 'clock', mode: 'manual', scale: 0, now: moved.body['now'] };
    expect(eventsAfter(seen, 1000).events.filter(({ type }) => type === 'clock')).toMatchObject([told]);
  });

  it('refuses what is no change, with the reason, and all of it', async () => {
    const { ask, post } = await open();
    await post({ mode: 'manual', advance: '1h' });
    const { body } = await ask();
    for (const change of [
      {},
      { advance: '-1s' },
      { advance: 'soon' },
      { now: '2026-01-01T00:00:00Z' },
      { now: 'today' },
      { mode: 'scaled' },
      { mode: 'manual', scale: 5 },
      { scale: 0 },
      { scale: 3600, advance: '-1d' },
      { mode: 'real' },
      { mode: 'fast' },
      { advance: '1h', now: '2040-01-01T00:00:00Z' },
      { advance: '9999999d' },
      { hurry: true },
    ]) {
      const answer = await post(change);
      expect([answer.status, answer.body['error']], JSON.stringify(change)).toMatchObject([
        400,
        { code: 'BadRequest' },
      ]);
    }
    expect((await ask()).body).toEqual(body);
    expect((await ask({}, '?after=soon')).status).toBe(400);
    expect((await ask({}, '?changes=-1')).status).toBe(400);
  });

  it('is changed by the administrator alone', async () => {
    const { running, ask, post } = await open();
    const { helpDesk, reader } = running.adminTokens;
    expect((await post({ mode: 'manual' }, helpDesk)).status).toBe(403);
    expect((await post({ mode: 'manual' }, reader)).status).toBe(403);
    expect((await ask({ method: 'POST' })).status).toBe(401);
    expect((await ask()).body).toMatchObject({ mode: 'real', changes: 0 });
  });

  it('lets a follower wait for another time, and answers him when the stub stops', async () => {
    const { running, ask, post } = await open();
    const { body } = await post({ scale: 3600 });
    let known = body['changes'];
    const told: unknown[] = [];
    const follow = async () => {
      for (let status = 200; status === 200; ) {
        const answer = await ask({}, `?changes=${known}`).catch(() => ({
          status: 0,
          body: {} as Record<string, unknown>,
        }));
        status = answer.status;
        if (status !== 200 || answer.body['changes'] === known) break; // the stub stops
        known = answer.body['changes'];
        told.push(answer.body);
      }
    };
    const following = follow();
    const stopped = await post({ mode: 'manual' });
    expect(told).toEqual([stopped.body]);
    const { now } = stopped.body;
    const again = ask({}, `?after=${now}`);
    const moved = await post({ now: new Date(Date.parse(String(now)) + hourMs).toISOString() });
    expect((await again).body).toMatchObject({ now: moved.body['now'] });
    const [first, begun, ...rest] = told; // the clock stands, a move begins, and has come to its end
    expect([first, begun]).toMatchObject([stopped.body, { now }]);
    expect(rest).toEqual([moved.body]);
    expect((await ask({}, '?changes=1&next=soon')).status).toBe(400);
    expect((await ask({}, '?changes=1&next=none')).status).toBe(200);
    await running.close();
    await following;
  });
});
