// Bounds against servers that order without end.
import { describe, expect, it } from 'vitest';
import { scepOrder } from '../../../../agent/platform/windows/csp/scep-order.js';
import { noteEffects, queueAlert, queueWork } from '../../../../agent/platform/windows/effects.js';
import { LargeObjects } from '../../../../agent/platform/windows/large-objects.js';
import type { Work } from '../../../../agent/platform/windows/saved.js';
import { openStage } from './session-stage.js';
import { someMemory } from './some-device.js';

const workOf = (number: number): Work => ({ module: './A', name: `work ${number}`, tries: 0, data: {} });

describe('a device', () => {
  it('keeps the newest thousand of works and of alerts', () => {
    const memory = someMemory();
    for (let number = 0; number < 1005; number++) {
      queueWork(workOf(number), memory);
      queueAlert({ code: '1226', type: 'x', data: String(number) }, memory);
    }
    const { works = [], alerts = [] } = memory.data;
    expect([works.length, works[0]?.name, works.at(-1)?.name]).toEqual([1000, 'work 5', 'work 1004']);
    expect([alerts.length, alerts[0]?.data]).toEqual([1000, '5']);
  });

  it('leaves the rest to the next check-in where work makes work without end', async () => {
    const { link, request, works } = openStage({
      data: { works: [workOf(0)] },
      work: async () => ({ effects: [{ kind: 'work', work: workOf(works.length) }] }),
    });
    await link.checkIn(request);
    expect(works).toHaveLength(100);
    expect(link.saved.data).toMatchObject({ works: [{ name: 'work 100' }] });
  });

  it('that was told to leave is not erased by what follows', () => {
    const memory = someMemory();
    noteEffects([{ kind: 'unenroll' }, { kind: 'wipe', how: 'doWipe' }], memory, 0);
    expect(memory.data.leaving).toBe('unenroll');
  });

  it('puts no object together of more than 4 MiB, whatever its Size says: 416 or 424, and the next one begins anew', () => {
    const objects = new LargeObjects();
    const mebi = 1024 * 1024;
    const chunk = (data: string, size?: number, moreData?: true) =>
      objects.take({
        verb: 'Add',
        items: [{ target: './A', data, ...(size !== undefined && { meta: { size } }), ...(moreData && { moreData }) }],
      }).now;
    expect(chunk('x', 4 * mebi + 1, true)).toBe(416);
    expect(chunk('x'.repeat(3 * mebi), 4 * mebi, true)).toBe(213);
    expect(chunk('x'.repeat(2 * mebi), undefined, true)).toBe(424);
    expect(objects.isOpen).toBe(false);
    expect([chunk('a', 2, true), chunk('b')]).toMatchObject([213, { items: [{ data: 'ab' }] }]);
  });

  it('asks a SCEP server again thirty times at most, and not more often than once a minute', () => {
    const nodes = {
      ServerURL: 'https://scep.example.test/scep',
      Challenge: 'x',
      EKUMapping: '1.3.6.1.5.5.7.3.2',
      KeyUsage: '160',
      SubjectName: 'CN=a',
      KeyLength: '2048',
      HashAlgorithm: 'SHA-2',
      CAThumbprint: 'a'.repeat(40),
      RetryCount: '999999999',
      RetryDelay: '0',
    };
    expect(scepOrder(nodes)).toMatchObject({ retryCount: 30, retryDelayMs: 60_000 });
  });
});
