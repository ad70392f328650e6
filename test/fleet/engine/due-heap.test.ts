import { describe, expect, it } from 'vitest';
import { drawOf } from '../../../fleet/engine/draw.js';
import { DueHeap } from '../../../fleet/engine/due-heap.js';

describe('due times in arrays', () => {
  it('come out in their order, whatever was set, moved and taken back before; of equal ones the lower number first', () => {
    const draw = drawOf(7);
    const heap = new DueHeap(200);
    const model = new Map<number, number>();
    for (let step = 0; step < 5000; step++) {
      const id = draw.integer(200);
      switch (draw.integer(4)) {
        case 0:
          heap.delete(id);
          model.delete(id);
          break;
        case 1: {
          const first = [...model].sort(([a, at], [b, other]) => at - other || a - b)[0];
          if (first === undefined) break;
          expect([heap.firstAt, heap.take()]).toEqual([first[1], first[0]]);
          model.delete(first[0]);
          break;
        }
        default: {
          const at = draw.integer(50);
          heap.set(id, at);
          model.set(id, at);
        }
      }
      expect(heap.size).toBe(model.size);
      expect(heap.atOf(id)).toBe(model.get(id));
    }
  });

  it('have no first where there is none, and take no time that is no number and no number that is none of theirs', () => {
    const heap = new DueHeap(2);
    expect(heap.firstAt).toBe(Number.POSITIVE_INFINITY);
    expect(() => heap.take()).toThrow(RangeError);
    expect(() => heap.set(0, Number.NaN)).toThrow(RangeError);
    expect(() => heap.set(2, 1)).toThrow(RangeError);
    expect(heap.size).toBe(0);
  });
});
