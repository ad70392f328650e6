import { describe, expect, it } from 'vitest';
import { agentError } from '../../agent/errors.js';
import { createLog, type LogValues, memoryLog } from '../../base/log.js';

function lines(level: 'debug' | 'info' | 'silent' = 'info') {
  const texts: string[] = [];
  const log = createLog({ level, destination: { write: (text: string) => void texts.push(text) } });
  return { log, texts };
}

/** Users of the library whose programs are not type-checked may hand over anything. */
const anything = (values: Readonly<Record<string, unknown>>) => values as LogValues;

describe('the log', () => {
  it('writes a line of JSON with the event, the values and those of its parents', () => {
    const { log, texts } = lines();
    log.child({ device: 7 }).child({ platform: 'ios' }).warn('TRANSPORT_LOST', { origin: 'https://a' });
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({
      level: 40,
      msg: 'TRANSPORT_LOST',
      device: 7,
      platform: 'ios',
      origin: 'https://a',
    });
  });

  it('is silent below its level', () => {
    const { log, texts } = lines();
    log.debug('detail');
    expect(texts).toEqual([]);
    lines('silent').log.error('nothing');
  });

  it('never shows what is called a secret, however deep', () => {
    const { log, texts } = lines();
    const s = 'hunter2';
    log.info(
      'x',
      anything({
        password: s,
        Challenge: s,
        unlockToken: Buffer.from(s),
        list: [{ privateKey: s }, { ref: { pkcs8: s } }],
        a: { b: { sharedSecret: s, pushMagic: s, passphrase: s, headers: { Authorization: s, cookie: s } } },
        error: agentError('SCEP_FAILED', 'refused', { details: { challenge: s, failInfo: 2 }, cause: { secret: s } }),
      }),
    );
    expect(texts[0]).not.toContain(s);
    expect(texts[0]).not.toContain(Buffer.from(s).toString('base64'));
    expect(JSON.parse(texts[0] ?? '').error).toMatchObject({ code: 'SCEP_FAILED', details: { failInfo: 2 } });
  });

  it('takes circles, depth, length and strange values', () => {
    const log = memoryLog();
    const circle: Record<string, unknown> = { name: 'c' };
    circle['self'] = circle;
    let deep: unknown = 'bottom';
    for (let level = 0; level < 10_000; level++) deep = [deep];
    log.info(
      'x',
      anything({
        circle,
        deep,
        big: 10n,
        long: 'a'.repeat(5000),
        when: new Date(0),
        bad: new Date(Number.NaN),
        nothing: undefined,
      }),
    );
    expect(JSON.stringify(log.lines[0]?.values).length).toBeLessThan(3000);
    expect(log.lines[0]?.values).toMatchObject({
      circle: { self: '...' },
      big: '10',
      when: '1970-01-01T00:00:00.000Z',
    });
  });
});
