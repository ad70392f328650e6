import { describe, expect, it } from 'vitest';
import { rememberingLookup } from '../../../agent/io/lookup.js';
import { manualClock } from '../../../base/clock.js';

type Found = { readonly error?: string | undefined; readonly address: unknown; readonly family?: number | undefined };

/** What the lookup answers; `order` tells in which turn. */
function asking(lookup = rememberingLookup(manualClock())) {
  return (name: string, options: Parameters<typeof lookup>[1] = {}): Promise<Found> =>
    new Promise((resolve) => {
      lookup(name, options, (error, address, family) => {
        resolve({ error: error?.code, address, family });
      });
    });
}

describe('names', () => {
  it('are resolved, to one address or all, of the family that is asked for', async () => {
    const ask = asking();
    const [one, all] = await Promise.all([ask('localhost', { family: 4 }), ask('localhost', { all: true, family: 4 })]);
    expect(one).toEqual({ error: undefined, address: '127.0.0.1', family: 4 });
    expect(all.address).toContainEqual({ address: '127.0.0.1', family: 4 });
    expect(await ask('127.0.0.1', { family: 'IPv6' as never })).toMatchObject({ error: 'ENOTFOUND' });
    expect(await ask('127.0.0.1', { family: 6 })).toMatchObject({ error: 'ENOTFOUND', address: '' });
  });

  it('are remembered for a minute: then the answer comes at once, later it is asked for again', async () => {
    const clock = manualClock();
    const lookup = rememberingLookup(clock);
    const isAtOnce = (): boolean => {
      let answered = false;
      lookup('localhost', {}, () => {
        answered = true;
      });
      return answered;
    };
    await asking(lookup)('localhost');
    expect(isAtOnce()).toBe(true);
    await clock.advance(59_999);
    expect(isAtOnce()).toBe(true);
    await clock.advance(1);
    expect(isAtOnce()).toBe(false);
  });

  it('that cannot be resolved are an error, each time anew', async () => {
    const ask = asking();
    const none = 'no-such-name.invalid';
    const [first, second] = await Promise.all([ask(none), ask(none)]);
    expect([first.error, second.error]).toEqual([expect.any(String), first.error]);
    expect((await ask(none)).error).toEqual(expect.any(String));
  });
});
