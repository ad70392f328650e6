import { describe, expect, it } from 'vitest';
import { bytesOf, hasMoreData, inMessages, withoutObject } from '../../../protocol/syncml/in-messages.js';
import type { SyncMlCommand } from '../../../protocol/syncml/message.js';

const add = (target: string, length: number): SyncMlCommand => ({
  verb: 'Add',
  items: [{ target, meta: { format: 'chr' }, data: 'x'.repeat(length) }],
});
const sizes = (messages: readonly (readonly SyncMlCommand[])[]) =>
  messages.map((each) => each.reduce((sum, command) => sum + bytesOf(command), 0));
const items = (messages: readonly (readonly SyncMlCommand[])[]) =>
  messages.map((each) => each.flatMap((command) => ('items' in command ? command.items : [])));

describe('what is longer than a message', () => {
  it('fills messages in its order, and cuts the one that does not fit', () => {
    const messages = inMessages([add('./A', 100), add('./B', 900), add('./C', 10), add('./D', 10)], 400, 500);
    const [first = 0, ...others] = sizes(messages);
    expect(first).toBeLessThanOrEqual(400);
    for (const each of others) expect(each).toBeLessThanOrEqual(500);
    const said = items(messages).flat();
    const cut = said.filter(({ target }) => target === './B');
    expect(said.map(({ target }) => target)).toEqual(['./A', ...cut.map(() => './B'), './C', './D']);
    expect(cut.map(({ data }) => data).join('')).toBe('x'.repeat(900));
    expect(cut.map(({ meta, moreData }) => [meta?.size, moreData])).toEqual([
      [900, true],
      ...cut.slice(2).map(() => [undefined, true]),
      [undefined, undefined],
    ]);
    for (const each of items(messages)) expect(each.slice(0, -1).some(({ moreData }) => moreData)).toBe(false);
  });

  it('leaves whole what cannot be cut: an Atomic, and several Items of an Add', () => {
    const atomic: SyncMlCommand = { verb: 'Atomic', commands: [add('./A', 900)] };
    const two: SyncMlCommand = {
      verb: 'Add',
      items: [
        { target: './A', data: 'x'.repeat(300) },
        { target: './B', data: 'y'.repeat(300) },
      ],
    };
    expect(inMessages([add('./S', 1), atomic, two, add('./T', 1)], 300, 300)).toEqual([
      [add('./S', 1)],
      [atomic],
      [two],
      [add('./T', 1)],
    ]);
  });

  it('is one message where all of it fits, and none of nothing', () => {
    const body = [add('./A', 10), add('./B', 10)];
    expect(inMessages(body, 1000, 1000)).toEqual([body]);
    expect(inMessages([], 10, 10)).toEqual([[]]);
  });

  it('does not go on with an object of which a chunk was refused', () => {
    const [first = [], ...rest] = inMessages([add('./B', 1900), add('./C', 10), add('./D', 10)], 500, 500);
    expect(hasMoreData(first.at(-1))).toBe(true);
    expect(withoutObject(rest).flat()).toEqual([add('./C', 10), add('./D', 10)]);
    expect(withoutObject([])).toEqual([]);
  });
});
