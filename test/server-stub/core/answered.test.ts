import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { memoryLog, silentLog } from '../../../base/log.js';
import {
  contentsOfAnswered,
  readAnswered,
  type StoredEntry,
  writeAnswered,
} from '../../../server-stub/core/answered.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import { temporaryFolder } from '../../support/programs.js';
import { config, counted, open, traits } from './support.js';

const unread = (deviceId: string, reason: string): never => {
  throw new Error(`${deviceId}: ${reason}`);
};

const base = { id: 'A-1', queuedAt: 5, by: 'core', status: 'done', wasSent: true } as const;

const data = fc.dictionary(
  fc.string(),
  fc.oneof(
    fc.anything({ maxDepth: 2, withBigInt: true, withDate: true, withNullPrototype: false }),
    fc.uint8Array({ maxLength: 8 }),
    fc.constant(-0),
  ),
);
const entries = fc.array(
  fc.record(
    {
      id: fc.string({ unit: 'grapheme' }),
      queuedAt: fc.nat(),
      by: fc.constantFrom('core' as const, 'administrator' as const),
      status: fc.constantFrom('done' as const, 'failed' as const),
      wasSent: fc.boolean(),
      answeredAt: fc.nat(),
      content: fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      outcome: fc.oneof(
        fc.constant({ status: 'done' as const }),
        fc.record({ status: fc.constant('done' as const), data }),
        fc.record({ status: fc.constant('failed' as const), reason: fc.string(), code: fc.string() }),
      ),
      work: fc.oneof(
        fc.record({ kind: fc.constant('remove' as const), name: fc.string() }),
        fc.record({
          kind: fc.constant('install' as const),
          name: fc.string(),
          authority: fc.constant('intune' as const),
          version: fc.string(),
        }),
      ),
    },
    { requiredKeys: ['id', 'queuedAt', 'by', 'status', 'wasSent'] },
  ),
  { maxLength: 5 },
);

describe('the text of answered commands', () => {
  test('gives back what was written, values that JSON has no words for among it', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const text = writeAnswered(list as StoredEntry[]);
        expect(readAnswered(text, 'one', unread)).toEqual(list);
        expect(contentsOfAnswered(text)).toEqual(list.flatMap(({ content }) => content ?? []));
      }),
    );
  });

  test.each([
    ['bytes', new Uint8Array([1, 2])],
    ['a date', new Date(5)],
    ['a large number', 5n],
    ['minus zero', -0],
    ['no number', Number.NaN],
    ['nothing', undefined],
  ])('keeps %s among the data of an outcome', (_, value) => {
    const entry: StoredEntry = {
      ...base,
      command: { kind: 'inventory' },
      outcome: { status: 'done', data: { value } },
    };
    expect(readAnswered(writeAnswered([entry]), 'one', unread)).toStrictEqual([entry]);
  });

  test('leaves out lines that are none, saying whose and why, and reads the others', () => {
    const good = writeAnswered([{ ...base, command: { kind: 'inventory' } }]);
    const told: string[] = [];
    const text = [good, '{', '7', '[0,1,2]', '[0,"AAAA"]', '[0,"x",1,"nobody","done",true,0,1,0,0]', good].join('\n');
    const read = readAnswered(text, 'one', (deviceId, reason) => told.push(`${deviceId}: ${reason}`));
    expect(read).toHaveLength(2);
    expect(told).toHaveLength(5);
    expect(told.every((line) => line.startsWith('one: ') && line.length > 8)).toBe(true);
  });
});

describe('a device after a restart', () => {
  async function restarted(change: (text: string) => string = (text) => text) {
    const folder = join(temporaryFolder(), 'data');
    const before = open({}, openJournal(folder, silentLog));
    before.enroll('one');
    before.session('one');
    const commands = before.tenant.commands('one');
    await before.tenant.close();
    const journal = openJournal(folder, silentLog);
    for (const [key, stored] of journal.load()?.device ?? []) {
      const record = stored as { version: number; value: { answered: string } };
      journal.save('device', key, { ...record, value: { ...record.value, answered: change(record.value.answered) } });
    }
    await journal.close();
    const log = memoryLog();
    const ports = { clock: manualClock(1), random: counted(), log, traits };
    const again = openJournal(folder, log);
    return { commands, folder, log, again, tenant: createTenant(config(), ports, again) };
  }

  test('lists its answered commands as before, and knows an answer that comes again', async () => {
    const { tenant, commands } = await restarted();
    expect(tenant.commands('one')).toEqual(commands);
    expect(commands.length).toBeGreaterThan(1);
    await tenant.close();
  });

  test('keeps the contents that its answers alone name', async () => {
    const { tenant, commands, folder } = await restarted();
    for (const { id } of [...tenant.profiles()]) tenant.removeProfile(id);
    await tenant.close();
    for (let start = 0; start < 2; start++) {
      const journal = openJournal(folder, silentLog);
      const next = createTenant(
        config(),
        { clock: manualClock(1), random: counted(), log: silentLog, traits },
        journal,
      );
      if (start === 1) expect(next.commands('one')).toEqual(expect.arrayContaining([...commands]));
      await next.close();
    }
  });

  test('is stored as it was where nobody asked what it had answered', async () => {
    const { tenant, commands, folder } = await restarted();
    tenant.sync('one'); // it is written anew
    await tenant.close();
    const journal = openJournal(folder, silentLog);
    const next = createTenant(config(), { clock: manualClock(1), random: counted(), log: silentLog, traits }, journal);
    expect(next.commands('one')).toEqual(commands);
    await next.close();
  });

  test('has all but the answers that cannot be read, which the log names once', async () => {
    const { tenant, commands, log } = await restarted((text) => `nonsense\n${text}`);
    expect(tenant.commands('one')).toEqual(commands);
    expect(tenant.commands('one')).toEqual(commands);
    const lines = log.lines.filter(({ event }) => event === 'RECORD_INVALID');
    expect(lines.map(({ values }) => values)).toEqual([
      { table: 'device', record: 'one', reason: expect.stringContaining('a command: ') },
    ]);
    await tenant.close();
  });
});
