import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type KeyPoolOptions, openKeyPool } from '../../../agent/io/key-pool.js';
import { memoryLog, silentLog } from '../../../base/log.js';
import { temporaryFolder } from '../../support/programs.js';

// 1024 bits: the pool does not care, and the suite is quick.
function open(options: Partial<KeyPoolOptions> = {}) {
  const pool = openKeyPool({ size: 2, reuse: true, bits: 1024, parallel: 2, log: silentLog, ...options });
  onTestFinished(() => pool.close());
  return pool;
}

const take = (pool: ReturnType<typeof open>, count: number) =>
  Promise.all(Array.from({ length: count }, () => pool.take(1024)));

const pem = () =>
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' });

describe('a pool that is shared', () => {
  it('gives each a key of its own until there are enough, then in turn', async () => {
    const pool = open({ size: 3 });
    const refs = (await take(pool, 8)).map(({ ref }) => JSON.stringify(ref));
    expect(new Set(refs.slice(0, 3)).size).toBe(3);
    expect(refs.slice(3)).toEqual([...refs.slice(0, 3), ...refs.slice(0, 2)]);
    expect(pool.describe()).toEqual({ keys: 3, devices: 8, reuse: true });
  });

  it('gives a pair that belongs together, of the size asked for', async () => {
    const pool = open();
    for (const bits of [1024, 2048] as const) {
      const key = await pool.take(bits);
      expect(key.privateKey.asymmetricKeyDetails?.modulusLength).toBe(bits);
      expect(pool.open(key.ref).publicKey.equals(key.publicKey)).toBe(true);
    }
  });

  it('keeps its keys on disk, for its owner alone, and uses them at the next start', async () => {
    const folder = join(temporaryFolder(), 'keys');
    const first = open({ folder });
    const taken = await take(first, 2);
    await first.close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const files = readdirSync(folder);
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, file), 'utf8')).toContain('BEGIN PRIVATE KEY');
    }
    const second = open({ folder });
    const again = await take(second, 2);
    expect(again.map(({ ref }) => JSON.stringify(ref)).sort()).toEqual(
      taken.map(({ ref }) => JSON.stringify(ref)).sort(),
    );
    for (const { ref, privateKey } of taken) expect(second.open(ref).privateKey.equals(privateKey)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('is shared by processes: what one made the other need not', async () => {
    const folder = temporaryFolder();
    const pools = [open({ folder, size: 4 }), open({ folder, size: 4 })];
    const keys = (await Promise.all(pools.map((pool) => take(pool, 6)))).flat();
    for (const { ref, privateKey } of keys)
      for (const pool of pools) expect(pool.open(ref).privateKey.equals(privateKey)).toBe(true);
    expect(readdirSync(folder).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('passes over what is corrupt, foreign, misnamed or a link, with a line in the log', async () => {
    const folder = temporaryFolder();
    const name = (digit: string): string => `rsa1024-${digit.repeat(32)}.pem`;
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    writeFileSync(join(folder, name('0')), 'garbage');
    writeFileSync(join(folder, name('1')), pem());
    writeFileSync(join(folder, name('2')), Buffer.alloc(20_000, 'a'));
    symlinkSync('/etc/passwd', join(folder, name('3')));
    const log = memoryLog();
    const pool = open({ folder, log });
    const keys = await take(pool, 2);
    expect(new Set(keys.map(({ ref }) => JSON.stringify(ref))).size).toBe(2);
    expect(log.lines.filter(({ event }) => event === 'key-skipped')).toHaveLength(5);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('opens nothing outside its folder and nothing that is gone', async () => {
    const folder = temporaryFolder();
    const pool = open({ folder });
    for (const name of ['../secret', '/etc/passwd', '', `rsa1024-${'0'.repeat(32)}`, `../rsa1024-${'0'.repeat(32)}`])
      expect(() => pool.open({ pool: name })).toThrow(expect.objectContaining({ code: 'KEY_MISSING' }));
  });

  it('takes rights away from others where a file has them', async () => {
    const folder = temporaryFolder();
    const first = open({ folder });
    await take(first, 2);
    await first.close();
    const [file = ''] = readdirSync(folder);
    chmodSync(join(folder, file), 0o644);
    open({ folder });
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('goes on in memory, and says so, where the folder cannot be written any more', async () => {
    const folder = temporaryFolder();
    const log = memoryLog();
    const pool = open({ folder, log });
    rmSync(folder, { recursive: true });
    const keys = await take(pool, 2);
    for (const { ref, privateKey } of keys) expect(pool.open(ref).privateKey).toBe(privateKey);
    expect(log.lines.map(({ event }) => event)).toContain('key-not-kept');
  });
});

describe('a pool of fresh keys', () => {
  it('gives no key twice, not after a restart either, and keeps it in the device’s own record', async () => {
    const folder = temporaryFolder();
    const first = open({ folder, reuse: false });
    const taken = await take(first, 4);
    expect(first.describe()).toEqual({ keys: 4, devices: 4, reuse: false });
    await first.close();
    const second = open({ folder, reuse: false });
    taken.push(...(await take(second, 3)));
    const spki = taken.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }).toString('hex'));
    expect(new Set(spki).size).toBe(7);
    for (const { ref, privateKey } of taken) {
      expect(ref).toHaveProperty('pkcs8');
      expect(second.open(JSON.parse(JSON.stringify(ref))).privateKey.equals(privateKey)).toBe(true);
    }
  });

  it('gives two processes different keys from the same folder', async () => {
    const folder = temporaryFolder();
    const filling = open({ folder, reuse: true, size: 3 });
    await take(filling, 3);
    await filling.close();
    const pools = [open({ folder, reuse: false, size: 3 }), open({ folder, reuse: false, size: 3 })];
    const keys = (await Promise.all(pools.map((pool) => take(pool, 3)))).flat();
    const spki = keys.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }).toString('hex'));
    expect(new Set(spki).size).toBe(6);
  });
});

describe('taking a key', () => {
  it('can be given up, and leaves the key to the next', async () => {
    const pool = open({ size: 1 });
    const controller = new AbortController();
    const given = pool.take(2048, controller.signal);
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(pool.take(1024, controller.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(pool.describe().devices).toBe(0);
    await expect(pool.take(1024)).resolves.toBeDefined();
  });

  it('is refused once the pool is closed, also for those who wait', async () => {
    const pool = open({ size: 1 });
    const waiting = expect(pool.take(4096)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const closed = pool.close();
    await waiting;
    await closed;
    await expect(pool.take(1024)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('need not be waited for once the pool is ready', async () => {
    const pool = open({ size: 3 });
    await pool.ready();
    await pool.ready();
    expect((await take(pool, 3)).length).toBe(3);
    const other = open({ size: 50, bits: 2048 });
    const waiting = expect(other.ready()).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await other.close();
    await waiting;
  });

  it('does not hold up the event loop while keys are made', async () => {
    const pool = open({ bits: 2048, size: 2 });
    let turns = 0;
    let isDone = false;
    const taken = Promise.all([pool.take(2048), pool.take(2048)]).then(() => {
      isDone = true;
    });
    while (!isDone) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await taken;
    expect(turns).toBeGreaterThan(20);
  });
});

describe('a key from outside', () => {
  it('is kept whole in its reference', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const { ref } = open().adopt(privateKey);
    expect(open().open(ref).privateKey.equals(privateKey)).toBe(true);
    expect(() => open().open({ pkcs8: 'AAAA' })).toThrow(expect.objectContaining({ code: 'KEY_MISSING' }));
  });
});
