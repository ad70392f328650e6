import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import type { WakeAsk, WakeJudge, WakeUps } from '../../../../agent/model/ports.js';
import { windows } from '../../../../agent/platform/windows/driver.js';
import type { WindowsData } from '../../../../agent/platform/windows/saved.js';
import { channelUri, isWakeUp, newChannel, wakeAskOf } from '../../../../agent/platform/windows/wake.js';
import { onAbort } from '../../../../base/abort.js';
import { encodeRawNotification, tokenOfChannelUri } from '../../../../protocol/wns.js';
import { command, enrolledAt, get, openStage, serverSays } from './session-stage.js';

const day = 86_400_000;
const pfn = 'Contoso.MDM_8wekyb3d8bbwe';

/** A way that delivers to whoever listens, and knows who asked. */
function fakeWake(isLost = false) {
  const asked: string[] = [];
  const answered: string[] = [];
  const listeners = new Map<string, (payload: string) => void>();
  const wake: WakeUps = {
    async ask({ address }) {
      asked.push(address);
      if (isLost) throw agentError('PUSH_LOST', 'no connection');
    },
    async *listen(ask: WakeAsk, judge: WakeJudge, signal: AbortSignal) {
      while (!signal.aborted) {
        const payload = await new Promise<string | undefined>((resolve) => {
          listeners.set(ask.address, resolve);
          onAbort(signal, () => resolve(undefined));
        });
        if (payload !== undefined && judge(ask, payload)) yield payload;
      }
    },
    answered: ({ address }) => {
      answered.push(address);
      return [];
    },
    async withdraw({ address }) {
      asked.splice(asked.indexOf(address), 1);
    },
    pause() {},
    resume() {},
    tryAgain() {},
    ownedBy: () => wake,
  };
  const deliver = (address: string, payload = encodeRawNotification(Buffer.from('x'))) =>
    listeners.get(address)?.(payload);
  return { wake, asked, answered, deliver, listeners };
}

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The next session brings this channel. */
const givingIn =
  (stage: ReturnType<typeof openStage>) =>
  (channel: NonNullable<WindowsData['channel']>): void => {
    stage.during.call = () => stage.memory.change({ channel });
    stage.script.push(({ header }) => serverSays(command('Add', '2', './A'), { sessionId: header.sessionId }));
  };

describe('a channel', () => {
  it('is asked for after the session that brought it, and is one that WNS would give', async () => {
    const fake = fakeWake();
    const stage = openStage({ wake: fake.wake });
    expect(stage.link.wakeAsk).toBeUndefined();
    stage.during.call = () => stage.memory.change({ channel: newChannel(pfn, stage.ports) });
    stage.script.push(serverSays(command('Add', '2', './A')));
    await stage.checkIn();
    const { channel } = stage.memory.data;
    const address = wakeAskOf({ ...(channel === undefined ? {} : { channel }) })?.address ?? '';
    expect(address).toMatch(/^[0-9a-f]{64}$/);
    expect(stage.link.wakeAsk).toEqual({ way: 'push-service', address });
    expect(fake.asked).toEqual([address]);
    expect(channel === undefined ? '' : tokenOfChannelUri(channelUri(channel))).toBe(address);
    await stage.checkIn();
    expect(fake.asked).toEqual([address]);
    expect(fake.answered).toEqual([address]);
  });

  it('can be read by the server in the message that brought the PFN', async () => {
    const fake = fakeWake();
    const { device, ports, script, messages, request, link: before } = openStage({ wake: fake.wake });
    const link = windows.create(device, ports).resume(before.saved);
    const push = './Device/Vendor/MSFT/DMClient/Provider/Rollcall/Push';
    script.push(
      serverSays(
        command('Add', '2', `${push}/PFN`, `<Data>${pfn}</Data>`) + get('3', `${push}/ChannelURI`, `${push}/Status`),
      ),
      serverSays(command('Delete', '2', `${push}/PFN`) + get('3', `${push}/ChannelURI`), { msgId: '2' }),
    );
    await link.checkIn(request);
    const results = messages.flatMap(({ commands }) => commands.filter(({ verb }) => verb === 'Results'));
    expect(results).toMatchObject([
      { items: [{ data: expect.stringMatching(/^https:\/\/\S+\.notify\.windows\.com\/\?token=/) }, { data: '0' }] },
    ]);
    expect(messages[2]?.commands.slice(1)).toMatchObject([{ data: '200' }, { data: '404' }]);
    expect([link.wakeAsk, fake.asked]).toEqual([undefined, []]);
  });

  it('is a new one after 15 days, which is told in a session', async () => {
    const fake = fakeWake();
    const since = enrolledAt;
    const stage = openStage({ wake: fake.wake, data: { channel: { pfn, token: bytes('ab'.repeat(32)), since } } });
    expect(stage.link.nextCheckIn(since + 15 * day - 1)).toEqual({ at: since + 15 * day, reason: 'scheduled' });
    await stage.clock.advance(15 * day);
    expect(await stage.checkIn({ reason: 'scheduled' })).toMatchObject({ requests: 1 });
    expect(stage.memory.data.channel).toMatchObject({ pfn, since: stage.clock.now() });
    expect(fake.asked).toEqual([stage.link.wakeAsk?.address]);
    expect(fake.asked).not.toEqual(['ab'.repeat(32)]);
  });

  it('wakes whoever listens, by any raw notification, and by nothing else', async () => {
    const fake = fakeWake();
    const token = 'ab'.repeat(32);
    const stage = openStage({ wake: fake.wake, data: { channel: { pfn, token: bytes(token), since: enrolledAt } } });
    const controller = new AbortController();
    const wakeups = stage.link.wakeups(controller.signal)[Symbol.asyncIterator]();
    const woken = wakeups.next();
    await turn();
    expect(fake.asked).toEqual([token]);
    fake.deliver(token, '{"mdm":"x"}');
    await turn();
    fake.deliver(token);
    expect((await woken).done).toBe(false);
    const end = wakeups.next();
    controller.abort();
    expect((await end).done).toBe(true);
    expect(isWakeUp({ way: 'x', address: 'y' }, 'nonsense')).toBe(false);
  });

  it('is listened to as soon as there is one, and another as soon as it has changed', async () => {
    const fake = fakeWake();
    const stage = openStage({ wake: fake.wake });
    const controller = new AbortController();
    const gives = givingIn(stage);
    let count = 0;
    const listening = (async () => {
      for await (const _ of stage.link.wakeups(controller.signal)) count++;
    })();
    await turn();
    gives({ pfn, token: bytes('aa'), since: stage.clock.now() });
    await stage.checkIn();
    await turn();
    fake.deliver('aa');
    await turn();
    gives({ pfn, token: bytes('bb'), since: stage.clock.now() });
    await stage.checkIn();
    await turn();
    fake.deliver('bb');
    await turn();
    expect([count, fake.asked]).toEqual([2, ['bb']]);
    controller.abort();
    await listening;
    await stage.link.forget();
    expect(fake.asked).toEqual([]);
  });

  it('that cannot be asked for now is told, and ends no session', async () => {
    const stage = openStage({ wake: fakeWake(true).wake });
    const gives = givingIn(stage);
    gives({ pfn, token: bytes('aa'), since: stage.clock.now() });
    await expect(stage.checkIn()).resolves.toMatchObject({ requests: 2 });
    expect(stage.happenings.slice(1)).toMatchObject([{ type: 'trouble', code: 'PUSH_LOST', about: 'push' }]);
  });
});
