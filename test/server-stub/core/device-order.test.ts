import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeviceOrder } from '../../../server-stub/core/device-order.js';
import type { TenantDevice } from '../../../server-stub/core/device-state.js';

const deviceOf = (sequence: number) => ({ record: { sequence } }) as TenantDevice;

type Step = { readonly do: 'come' | 'leave' | 'return' | 'read'; readonly many: number };
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('come', 'leave', 'leave', 'return', 'read'),
  many: fc.integer({ min: 1, max: 120 }),
});

/** Places are closed up while the reader is far on: its place is then behind the end of the list. */
const closedUpBehind = 'leave 253, read 500, leave 250, read 1'.split(', ').map((words): Step => {
  const [what, many] = words.split(' ');
  return { do: what as Step['do'], many: Number(many) };
});

test('a reader meets each device that stays once and in order, whoever comes, leaves and returns meanwhile', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), fc.integer({ min: 0, max: 900 }), (steps, seed) => {
      const order = new DeviceOrder();
      const there = new Map<number, TenantDevice>();
      const gone: number[] = [];
      const come = (sequence: number) => {
        const device = deviceOf(sequence);
        there.set(sequence, device);
        order.put(device);
      };
      for (let index = 0; index < 900; index++) come(order.next);
      const stays = new Set(there.keys());
      const seen: number[] = [];
      const reader = order.after(0);
      let random = seed;
      for (const { do: what, many } of steps) {
        for (let count = 0; count < many; count++) {
          random = (random * 1103515245 + 12345) % 2147483648;
          const some = [...there.keys()][random % Math.max(1, there.size)];
          if (what === 'come') come(order.next);
          if (what === 'return') {
            const sequence = gone.pop();
            if (sequence !== undefined) come(sequence);
          }
          if (what === 'leave' && some !== undefined) {
            order.drop(there.get(some) ?? deviceOf(some));
            there.delete(some);
            stays.delete(some);
            gone.push(some);
          }
          if (what !== 'read') continue;
          const { value, done } = reader.next();
          if (done) break;
          expect(there.get(value.record.sequence)).toBe(value);
          seen.push(value.record.sequence);
        }
      }
      for (const { record } of reader) seen.push(record.sequence);
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      const met = new Set(seen);
      expect([...stays].filter((sequence) => !met.has(sequence))).toEqual([]);
      expect(order.size).toBe(there.size);
      expect([...order.after(Number.NEGATIVE_INFINITY)].map(({ record }) => record.sequence)).toEqual(
        [...there.keys()].sort((a, b) => a - b),
      );
    }),
    { numRuns: 60, examples: [[closedUpBehind, 40]] },
  );
});
