// GET /stub/v1/events over the wire: what a console or a test follows.
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { keptEvents } from '../../../server-stub/core/event-hub.js';
import { startAuthority } from '../../../server-stub/index.js';
import { type Following, follow } from '../../support/events.js';
import { eventually } from '../../support/eventually.js';
import { authorityKeys } from '../../support/keys.js';
import { bearer, openAdmin, tokens } from './support.js';

const types = ({ events }: Following) => events.map(({ type }) => type);

describe('the events', () => {
  it('arrive as they happen, at the tenant’s time, for every role', async () => {
    const { url, enroll, session, clock } = await openAdmin();
    const readers = await Promise.all(Object.values(tokens).map((token) => follow({ url, token })));
    enroll('pc');
    session('pc');
    for (const reader of readers) {
      await reader.next(({ type, command }) => type === 'command' && command === 'inventory');
      expect(types(reader).slice(0, 4)).toEqual(['enrolled', 'notified', 'checkedIn', 'command']);
      expect(reader.events[0]).toMatchObject({
        seq: 1,
        at: new Date(clock.now()).toISOString(),
        deviceId: 'pc',
        user: 'ada@contoso.example',
      });
    }
  });

  it('begin with now; after Last-Event-ID, or ?after, with the next one', async () => {
    const { url, tenant } = await openAdmin();
    const token = tokens.reader;
    tenant.emit({ type: 'clock' });
    tenant.emit({ type: 'clock' });
    const now = await follow({ url, token });
    const resumed = await follow({ url, token, lastEventId: 1 });
    const asked = await follow({ url, token, query: '?after=0' });
    tenant.emit({ type: 'left' });
    for (const [reader, expected] of [
      [now, [3]],
      [resumed, [2, 3]],
      [asked, [1, 2, 3]],
    ] as const) {
      await reader.next(({ type }) => type === 'left');
      expect(reader.events.map(({ seq }) => seq)).toEqual(expected);
    }
  });

  it('can be chosen by type and by device, by either of its ids', async () => {
    const { url, enroll, tenant } = await openAdmin();
    const token = tokens.reader;
    enroll('one');
    const { id } = tenant.device('one') ?? {};
    const left = await follow({ url, token, query: `?type=left,refused&deviceId=${id}&after=0` });
    const own = await follow({ url, token, query: '?deviceId=one&after=0' });
    enroll('two');
    tenant.unenroll('two', 'left');
    tenant.unenroll('one', 'left');
    await left.next(({ type }) => type === 'left');
    await own.next(({ type }) => type === 'left');
    expect(left.events.map(({ type, deviceId }) => `${type} ${deviceId}`)).toEqual(['left one']);
    expect(types(own)).toEqual(['enrolled', 'notified', 'left']);
  });

  it.each([
    ['a word as a number', '?after=now', 'Last-Event-ID is a whole number'],
    ['a type that there is not', '?type=enroled', 'There is no type of event \\"enroled\\", only enrolled, refused'],
  ])('%s is a 400 that says so', async (_, query, why) => {
    const { url } = await openAdmin();
    await expect(follow({ url, token: tokens.reader, query })).rejects.toThrow(`400`);
    await expect(follow({ url, token: tokens.reader, query })).rejects.toThrow(why);
  });

  it('that are kept no more are told as missed, without an id', async () => {
    const { url, tenant } = await openAdmin();
    for (let n = 0; n < keptEvents + 3; n++) tenant.emit({ type: 'clock' });
    const reader = await follow({ url, token: tokens.reader, lastEventId: 1 });
    expect(await reader.next()).toEqual({ type: 'missed', after: 1 });
    expect(await reader.next()).toMatchObject({ seq: 4 });
    expect(await reader.next(({ seq }) => seq === keptEvents + 3)).toBeDefined();
    expect(reader.events).toHaveLength(keptEvents + 1);
  });

  it('wait for what they tell of to be on disk, and go on while the disk fails', async () => {
    let stored = () => {};
    let isAsked = false;
    const durable = () => {
      isAsked = true;
      return new Promise<void>((resolve, reject) => {
        stored = () => reject(new Error('no space'));
        if (tenantIsQuiet) resolve();
      });
    };
    let tenantIsQuiet = true;
    const { url, enroll } = await openAdmin({}, { store: { changes: 0, failure: undefined, durable } });
    const reader = await follow({ url, token: tokens.reader });
    tenantIsQuiet = false;
    isAsked = false;
    enroll('pc');
    await eventually(() => isAsked);
    expect(types(reader)).toEqual([]);
    stored();
    expect((await reader.next())?.type).toBe('enrolled');
  });

  it('that do not happen are filled by a heartbeat of the network’s time', async () => {
    const networkClock = manualClock();
    const { url, tenant } = await openAdmin({}, { networkClock });
    const reader = await follow({ url, token: tokens.reader });
    await networkClock.advance(45_000);
    tenant.emit({ type: 'clock' });
    await reader.next();
    expect(reader.comments).toEqual(['events after 0', 'nothing new', 'nothing new', 'nothing new']);
    reader.close();
    await eventually(() => networkClock.pending === 0);
  });

  it('have 64 readers; the next one is told to come later, and has a place once one has gone', async () => {
    const { url, raw } = await openAdmin();
    const token = tokens.reader;
    const readers = await Promise.all(Array.from({ length: 64 }, () => follow({ url, token })));
    expect((await raw('/stub/v1/events', bearer(token))).status).toBe(503);
    readers[0]?.close();
    for (;;) {
      const attempt = await follow({ url, token }).catch(() => undefined);
      if (attempt !== undefined) break;
    }
  });

  it('end when the stub stops, at once', async () => {
    const networkClock = manualClock(); // of the time that stopping may take
    const authority = await startAuthority({ tls: false, newRsaKey: authorityKeys(), networkClock });
    const reader = await follow({ url: authority.url, token: authority.adminTokens.reader });
    await authority.close();
    expect(await reader.next()).toBeUndefined();
  });
});
