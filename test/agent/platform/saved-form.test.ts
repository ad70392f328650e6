import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { savedForm } from '../../../agent/platform/saved-form.js';

interface Data {
  readonly count: number;
  readonly name?: string;
  readonly part: { readonly inside: string };
}
const description = z.object({
  count: z.number(),
  name: z.exactOptional(z.string()),
  part: z.object({ inside: z.string() }),
}) as z.ZodObject & z.ZodType<Data>;

describe('what a link stores', () => {
  it('is judged where it differs from what was stored last, field by field', () => {
    const { trust } = savedForm<Data>('iOS', description);
    const stored = trust({ count: 1, name: 'a', part: { inside: 'b' } });
    expect(trust({ ...stored, count: 2 }, stored)).toEqual({ count: 2, name: 'a', part: { inside: 'b' } });
    for (const wrong of [
      { count: 'x' },
      { name: 3 },
      { part: { inside: 4 } },
      { part: undefined },
      { name: undefined },
    ])
      expect(() => trust({ ...stored, ...wrong } as unknown as Data, stored)).toThrow(
        /an iOS link .* cannot be stored/,
      );
  });

  it('has every field that it needs', () => {
    const { trust } = savedForm<Data>('iOS', description);
    const stored = trust({ count: 1, name: 'a', part: { inside: 'b' } });
    const { part: _, ...without } = stored;
    expect(() => trust(without as Data, stored)).toThrow(/part/);
    const { name: __, ...unnamed } = stored;
    expect(trust(unnamed as Data, stored)).toEqual({ count: 1, part: { inside: 'b' } });
  });

  it('is judged whole where what was before was never judged', () => {
    const { trust } = savedForm<Data>('iOS', description);
    const never = { count: 'x', part: { inside: 'b' } } as unknown as Data;
    expect(() => trust({ ...never, name: 'a' }, never)).toThrow(/count/);
  });
});
