import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noEndOfData, type OpenObject, receiveItem, splitItem } from '../../../protocol/syncml/large-object.js';
import type { Item } from '../../../protocol/syncml/message.js';
import { itemText } from '../../../protocol/syncml/write.js';
import { anyCharacter } from '../../support/characters.js';

/** Puts chunks together; the last answer, and the codes of those before. */
function receive(items: readonly Item[], limits?: Parameters<typeof receiveItem>[3]) {
  let open: OpenObject | undefined;
  return items.map((item) => {
    const receipt = receiveItem(open, 'Add', item, limits);
    open = receipt.kind === 'chunk' ? receipt.open : undefined;
    return receipt;
  });
}

const chunk = (data: string, size?: number): Item => ({
  target: './A',
  ...(size !== undefined && { meta: { size } }),
  data,
  moreData: true,
});
const last = (data: string): Item => ({ target: './A', data });

describe('an object that is larger than a message', () => {
  it('is sent in chunks: Size and Meta with the first, MoreData with all but the last', () => {
    const item = { target: './A', source: './S', meta: { format: 'b64' }, data: 'abcdefghij' };
    expect(splitItem(item, 3, 4)).toEqual([
      { target: './A', source: './S', meta: { format: 'b64', size: 10 }, data: 'abc', moreData: true },
      { target: './A', source: './S', data: 'defg', moreData: true },
      { target: './A', source: './S', data: 'hij' },
    ]);
  });

  it('that fits is one Item, as it was', () => {
    const item = { target: './A', data: 'abcd' };
    expect(splitItem(item, 4)).toEqual([item]);
    expect(splitItem({ target: './A' }, 4)).toEqual([{ target: './A' }]);
  });

  it('takes the room that its Data takes in XML, and cuts no character', () => {
    expect(splitItem({ data: '&&<' }, 10).map(({ data }) => data)).toEqual(['&&', '<']);
    expect(splitItem({ data: 'a😀😀' }, 5).map(({ data }) => data)).toEqual(['a😀', '😀']);
    expect(splitItem({ data: 'é\r\0' }, 7).map(({ data }) => data)).toEqual(['é\r', '\0']);
    expect(splitItem({ data: '&😀' }, 1).map(({ data }) => data)).toEqual(['&', '😀']);
    const room = fc.integer({ min: 6, max: 30 });
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), room, room, (data, first, rest) => {
        const items = splitItem({ data }, first, rest);
        expect(items.map((item) => item.data).join('')).toBe(data);
        items.forEach((item, at) => {
          const bytes = Buffer.byteLength(itemText({ data: item.data ?? '' })) - '<Item><Data></Data></Item>'.length;
          expect(bytes).toBeLessThanOrEqual(at === 0 ? first : rest);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('is whole when all of it has come', () => {
    const item = { target: './A', meta: { format: 'chr', type: 'text/plain' }, data: 'Größe & <mehr>' };
    const receipts = receive(splitItem(item, 6));
    expect(receipts.slice(0, -1).every(({ kind }) => kind === 'chunk')).toBe(true);
    expect(receipts.length).toBeGreaterThan(3);
    expect(receipts.at(-1)).toEqual({ kind: 'whole', item });
  });

  it('may say its Size with each chunk', () => {
    expect(receive([chunk('ab', 4), { ...last('cd'), meta: { size: 4 } }]).at(-1)).toEqual({
      kind: 'whole',
      item: { target: './A', meta: {}, data: 'abcd' },
    });
  });
});

describe('what arrives in chunks', () => {
  it('is refused without a Size (411), beyond MaxObjSize (416) and in too many chunks (413)', () => {
    const limits = { maxBytes: 10, maxChunks: 3 };
    expect(receive([chunk('ab')])).toEqual([{ kind: 'refused', status: 411 }]);
    expect(receive([chunk('ab', 11)], limits)).toEqual([{ kind: 'refused', status: 416 }]);
    expect(receive([chunk('ab', 10)], limits)[0]?.kind).toBe('chunk');
    expect(receive([chunk('a', 10), chunk('b'), chunk('c')], limits).at(-1)).toEqual({ kind: 'refused', status: 413 });
  });

  it('is refused where its size is another than was said (424): at once where it is more, at its end where it is less', () => {
    expect(receive([chunk('abc', 2)])).toEqual([{ kind: 'refused', status: 424 }]);
    expect(receive([chunk('ab', 3), chunk('cd')]).at(-1)).toEqual({ kind: 'refused', status: 424 });
    expect(receive([chunk('ab', 4), last('c')]).at(-1)).toEqual({ kind: 'refused', status: 424 });
    expect(receive([chunk('é', 3), last('b')]).at(-1)?.kind).toBe('whole');
  });

  it('and has no end is told by Alert 1225, and what came instead is taken', () => {
    const [first] = receive([chunk('ab', 4)]);
    const open = first?.kind === 'chunk' ? first.open : undefined;
    const other = { target: './B', data: 'x' };
    expect(receiveItem(open, 'Add', other)).toEqual({ kind: 'whole', item: other, interrupted: open });
    expect(receiveItem(open, 'Replace', last('cd'))).toMatchObject({ kind: 'whole', interrupted: { target: './A' } });
    expect(receiveItem(open, 'Add', chunk('abcde', 9))).toMatchObject({
      kind: 'chunk',
      open: { size: 9, bytes: 5, parts: ['abcde'] },
      interrupted: { size: 4 },
    });
    expect(open && noEndOfData(open)).toEqual({
      verb: 'Alert',
      data: '1225',
      items: [{ target: './A' }],
    });
  });

  it('that is no chunk is taken as it is', () => {
    const item = { target: './A', meta: { size: 99 }, data: 'ab' };
    expect(receive([item])).toEqual([{ kind: 'whole', item }]);
  });
});
