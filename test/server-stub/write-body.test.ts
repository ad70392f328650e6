import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { writeBody } from '../../server-stub/write-body.js';

/** Takes one piece after another when it is told to. */
function reader() {
  const pieces: Buffer[] = [];
  let next: (() => void) | undefined;
  const to = new Writable({
    highWaterMark: 16 * 1024,
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      next = done;
    },
  });
  const take = async (): Promise<boolean> => {
    const done = next;
    next = undefined;
    done?.();
    await new Promise(setImmediate);
    return done !== undefined;
  };
  return { to, take, pieces };
}

it('a long answer goes out piece by piece: nothing is handed over to who takes nothing', async () => {
  const { to, take, pieces } = reader();
  const body = Buffer.alloc(1_000_000, 'long answer ');
  writeBody(to, body);
  expect(to.writableLength).toBeLessThan(100_000);
  while (await take()) expect(to.writableLength).toBeLessThan(100_000);
  expect(Buffer.concat(pieces).equals(body)).toBe(true);
  expect(to.writableFinished).toBe(true);
});

it('a short one, one of just a piece, and none at all end at once', () => {
  for (const length of [undefined, 0, 1, 64 * 1024, 64 * 1024 + 1]) {
    const { to } = reader();
    writeBody(to, length === undefined ? undefined : Buffer.alloc(length));
    expect([length, to.writableEnded]).toEqual([length, (length ?? 0) <= 64 * 1024]);
  }
});
