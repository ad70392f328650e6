import { describe, expect, it } from 'vitest';
import { type IosData, readIosData, trust } from '../../../../agent/platform/ios/saved.js';

const data = (changes: object = {}): IosData =>
  ({
    management: {
      profileIdentifier: 'p',
      payloadIdentifier: 'q',
      serverUrl: 'https://mdm.example.test/mdm',
      checkInUrl: 'https://mdm.example.test/checkin',
      topic: 't',
      signMessage: true,
      accessRights: 8191,
      checkOutWhenRemoved: true,
    },
    identity: { certificate: Buffer.from('c'), key: { pool: 'k' } },
    pushToken: Buffer.from('token'),
    pushMagic: 'm',
    profiles: [],
    ...changes,
  }) as IosData;

describe('what an iOS link keeps', () => {
  it('is what can be read again: it is refused where it is written, with the field', () => {
    expect(trust(data({ owes: 'TokenUpdate' }))).toEqual(data({ owes: 'TokenUpdate' }));
    const wrong: readonly [what: object, where: RegExp][] = [
      [{ pushMagic: 5 }, /pushMagic: /],
      [{ profiles: [{ identifier: 'x' }] }, /profiles: 0\.uuid: /],
      [{ owes: undefined }, /owes: /],
      [{ settings: { wallpaper: { where: 1 } } }, /settings: wallpaper\.sha256: /],
    ];
    for (const [what, where] of wrong)
      expect(() => trust(data(what))).toThrow(
        expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringMatching(where) }),
      );
    const { pushToken: _gone, ...rest } = data();
    expect(() => trust(rest as IosData)).toThrow(/pushToken/);
  });

  it('is looked at once: parts that were read or stored before are taken as they are', () => {
    const read = readIosData(data());
    Object.assign(read.management, { topic: 5 }); // nobody does: it shows that nobody looks again
    expect(() => trust({ ...read, pushMagic: 'n' })).not.toThrow();
    expect(() => trust({ ...read, management: { ...read.management } })).toThrow(/management: topic/);
  });
});
