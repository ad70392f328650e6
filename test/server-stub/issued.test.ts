import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import { openJournal } from '../../server-stub/core/journal.js';
import { type IssuedCertificate, issuedBounds, openIssuedIndex } from '../../server-stub/issued.js';
import { temporaryFolder } from '../support/programs.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;
const small = { ...issuedBounds, unbound: 100, revoked: 50, ofDevice: 4 };

/** An index, on disk, that can be opened again; `issue` adds a certificate of a year. */
function opened(clock = manualClock(), folder = temporaryFolder()) {
  const journal = openJournal(folder, silentLog);
  const keep = journal.keep('issued');
  onTestFinished(async () => void (await journal.close()));
  const index = openIssuedIndex(clock, keep, small);
  let count = 0;
  return {
    clock,
    index,
    keep,
    issue(grant: Partial<IssuedCertificate> = {}): string {
      const serial = `${clock.now()}-${count++}`;
      const expiresAt = clock.now() + yearMs;
      index.add({ serial, platform: 'ios', purpose: 'identity', expiresAt, isRevoked: false, ...grant });
      return serial;
    },
    async reopened() {
      await journal.close();
      return opened(clock, folder);
    },
  };
}

const isKept = ({ index }: ReturnType<typeof opened>, serials: readonly string[]) =>
  serials.map((serial) => index.get(serial) !== undefined);

describe('the index of issued certificates', () => {
  it('forgets what has expired while it runs, on disk too', async () => {
    const { clock, index, issue, reopened } = opened();
    const serial = issue({ deviceId: 'd' });
    await clock.advance(yearMs + hourMs);
    const later = issue({ deviceId: 'e' });
    expect([index.get(serial), index.size]).toEqual([undefined, 1]);
    const again = await reopened();
    expect(again.keep.entries().map(([key]) => key)).toEqual([later]);
  });

  it('keeps one that no device has presented for days, not for ever', async () => {
    const stub = opened();
    const fetched = stub.issue();
    await stub.clock.advance(small.unboundMs);
    stub.issue();
    expect(stub.index.get(fetched)).toBeDefined();
    await stub.clock.advance(hourMs + 1);
    stub.issue();
    expect(stub.index.get(fetched)).toBeUndefined();
  });

  it('keeps one that a device has presented until it expires', async () => {
    const stub = opened();
    const serial = stub.issue();
    stub.index.bind(serial, 'd');
    await stub.clock.advance(yearMs - hourMs);
    for (let index = 0; index < 500; index++) stub.issue();
    expect(stub.index.get(serial)).toMatchObject({ deviceId: 'd', isRevoked: false });
    expect((await stub.reopened()).index.get(serial)).toMatchObject({ deviceId: 'd', isRevoked: false });
  });

  it('holds no more than so many that nobody presented, the newest, whoever fetches how many', async () => {
    const stub = opened();
    const bound = stub.issue();
    stub.index.bind(bound, 'd');
    const serials = Array.from({ length: 1000 }, () => stub.issue());
    expect(stub.index.size).toBeLessThanOrEqual(small.unbound + 1);
    expect(isKept(stub, [bound, ...serials.slice(-80)])).not.toContain(false);
    expect(stub.index.get(serials[0] ?? '')).toBeUndefined();
    const again = await stub.reopened();
    expect(again.index.size).toBe(stub.index.size);
  });

  it('lets renewals take the place of the oldest certificates of a device, each purpose by itself', () => {
    const stub = opened();
    const identities = Array.from({ length: 10 }, () => stub.issue({ deviceId: 'd' }));
    const mail = Array.from({ length: 10 }, () => stub.issue({ deviceId: 'd', purpose: 'profile' }));
    expect(isKept(stub, identities).filter(Boolean)).toHaveLength(4);
    expect(isKept(stub, mail).filter(Boolean)).toHaveLength(4);
    expect(isKept(stub, [...identities.slice(-4), ...mail.slice(-4)])).not.toContain(false);
  });

  it('remembers what is revoked for its late last word, for a while and so many', async () => {
    const stub = opened();
    const gone = Array.from({ length: 40 }, (_, device) => {
      const serial = stub.issue({ deviceId: `d${device}` });
      stub.index.revokeDevice(`d${device}`);
      return serial;
    });
    expect(gone.map((serial) => stub.index.get(serial)?.isRevoked)).not.toContain(false);
    const other = stub.issue({ deviceId: 'other' });
    stub.index.revokeDevice('other', other);
    const again = await stub.reopened();
    expect(again.index.get(gone[0] ?? '')).toMatchObject({ isRevoked: true });
    await again.clock.advance(small.revokedMs + hourMs);
    again.issue();
    expect(isKept(again, [...gone, other])).toEqual([...gone.map(() => false), true]);
    for (let device = 0; device < 200; device++) {
      again.issue({ deviceId: `e${device}` });
      again.index.revokeDevice(`e${device}`);
    }
    expect(again.index.size).toBeLessThanOrEqual(small.revoked + 2);
  });

  it('counts those that an earlier version stored without a time from its first start on', async () => {
    const folder = temporaryFolder();
    const clock = manualClock();
    const journal = openJournal(folder, silentLog);
    const old = { platform: 'ios', purpose: 'identity', expiresAt: yearMs };
    journal.keep('issued').put('a', { ...old, serial: 'a', isRevoked: false });
    journal.keep('issued').put('b', { ...old, serial: 'b', isRevoked: true, deviceId: 'd' });
    await journal.close();
    let stub = opened(clock, folder);
    expect(stub.index.size).toBe(2);
    await clock.advance(20 * dayMs);
    stub = await stub.reopened();
    expect(isKept(stub, ['a', 'b'])).toEqual([false, true]);
    await clock.advance(20 * dayMs);
    stub = await stub.reopened();
    expect(stub.index.size).toBe(0);
  });
});
