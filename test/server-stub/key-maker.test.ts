import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyMaker, type KeyMakerOptions } from '../../server-stub/key-maker.js';
import { openStub, user1 } from './ios/stub.js';

function open(options: KeyMakerOptions = {}) {
  const maker = new KeyMaker(options);
  onTestFinished(() => maker.close());
  const made: string[] = [];
  /** The address that is told when the key is there, or why there is none. */
  const ask = (address: string, isGone = () => false) =>
    maker.make(1024, { address, isGone }).then(
      () => void made.push(address),
      (error: Error) => void made.push(`${address}: ${error.message.replace(/^.*: /, '')}`),
    );
  return { maker, made, ask };
}

describe('keys for whoever asks', () => {
  it('are RSA keys of the size asked for', async () => {
    const { maker } = open();
    const { publicKey, privateKey } = await maker.make(1024, { address: 'a', isGone: () => false });
    expect([publicKey.type, privateKey.type]).toEqual(['public', 'private']);
    expect(privateKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 1024, publicExponent: 65537n });
  });

  it('are made one at a time, one for each address in turn', async () => {
    const { made, ask } = open();
    await Promise.all([...['a', 'a', 'a', 'b', 'c', 'b'].map((address) => ask(address))]);
    expect(made).toEqual(['a', 'a', 'b', 'c', 'a', 'b']); // the first began before the others asked
  });

  it('are refused at once where too many wait, and who has more than his share makes room for another', async () => {
    const { maker, made, ask } = open({ maxWaiting: 6, fairShare: 2 });
    const all = Array.from({ length: 8 }, () => ask('greedy'));
    await Promise.resolve();
    expect(maker.waiting).toBe(6); // and one is being made
    all.push(ask('b'), ask('c'), ask('b'));
    await Promise.all(all);
    expect(made.filter((each) => each === 'greedy: 6 wait for a key already')).toHaveLength(1);
    expect(made.filter((each) => each === 'greedy: others wait for keys too')).toHaveLength(3);
    expect(made.filter((each) => each === 'greedy')).toHaveLength(4);
    expect(made.filter((each) => each === 'b' || each === 'c')).toHaveLength(3);
  });

  it('are not made for who has gone away, and his place is another’s', async () => {
    const { made, ask } = open({ maxWaiting: 2, fairShare: 1 });
    let isGone = false;
    const all = [ask('a'), ask('b', () => isGone), ask('c', () => isGone)];
    isGone = true;
    all.push(ask('d'));
    await Promise.all(all);
    expect(made.sort()).toEqual(['a', 'b: the asker has gone away', 'c: the asker has gone away', 'd']);
  });

  it('are refused while the stub stops', async () => {
    const { maker, made, ask } = open();
    const all = [ask('a'), ask('b')];
    await maker.close();
    await Promise.all([...all, ask('c')]);
    expect(made.sort()).toEqual(['a', 'b', 'c'].map((address) => `${address}: the stub is stopping`));
  });
});

it('sixty profiles with an identity asked for at once: some are made, the others refused with 503 and Retry-After', async () => {
  const stub = await openStub({ tls: false });
  const path = `/enroll/ios?user=${user1}&unsigned=1&identity=pkcs12`;
  const replies = await Promise.all(Array.from({ length: 60 }, () => stub.send(path)));
  const served = replies.filter(({ status }) => status === 200);
  const refused = replies.filter(({ status }) => status === 503);
  expect(served.length).toBeGreaterThanOrEqual(17);
  expect(served.length + refused.length).toBe(60);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers } of refused) expect(headers['retry-after']).toBe('5');
  expect(new Set(stub.lines().map(({ event }) => event))).toEqual(new Set(['STUB_BUSY']));
  await stub.clock.advance(31 * 60_000);
  // Nobody waits for the end of what could not begin.
  expect(stub.authority.tenant.failures()).toHaveLength(served.length);
});
