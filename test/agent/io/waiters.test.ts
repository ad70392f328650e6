import { describe, expect, it } from 'vitest';
import { Waiters } from '../../../agent/io/waiters.js';

describe('those who wait', () => {
  it('are served first come first served, for as long as there is something to give', async () => {
    const waiters = new Waiters<number>();
    const [first, second, third] = [waiters.wait(), waiters.wait(), waiters.wait()];
    const stock = [1, 2];
    waiters.serve(() => stock.shift());
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(waiters.size).toBe(1);
    waiters.resolveAll(9);
    expect(await third).toBe(9);
  });

  it('leave when their signal is aborted, and take nothing with them', async () => {
    const waiters = new Waiters<number>();
    const stop = new AbortController();
    const leaving = waiters.wait(stop.signal);
    const staying = waiters.wait();
    stop.abort(new Error('enough'));
    await expect(leaving).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const stock = [1];
    waiters.serve(() => stock.shift());
    expect(await staying).toBe(1);
    await expect(waiters.wait(stop.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(waiters.size).toBe(0);
  });

  it('are all told of a failure', async () => {
    const waiters = new Waiters<number>();
    const both = [waiters.wait(), waiters.wait()];
    waiters.rejectAll(new Error('none left'));
    for (const each of both) await expect(each).rejects.toThrow('none left');
    expect(waiters.size).toBe(0);
  });
});
