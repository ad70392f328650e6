import { describe, expect, it } from 'vitest';
import {
  basicCredential,
  basicType,
  challengeOf,
  credOf,
  isCredentialOf,
  md5Credential,
  md5CredentialOfHash,
  md5Hash,
  md5Type,
  readNonce,
} from '../../../protocol/syncml/auth.js';
import { describeWith, openssl } from '../../support/programs.js';

const counting = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

describe('the MD5 credential', () => {
  it.each([
    ['Bruce2', 'OhBehave', Buffer.from('Nonce'), 'PtEdr8lBQ45IbT1bZIkrOQ==', 'Zz6EivR3yeaaENcRN6lpAQ=='],
    ['dummy', 'dummy-pass', counting, 'izOeAVwM1js6tmtBSrYVsQ==', 'StIkJQ5MRWV0+UJkZtUS8A=='],
  ])('of %s is OMA’s', (user, secret, nonce, inner, whole) => {
    expect(md5Hash(user, secret)).toBe(inner);
    expect(md5Credential(user, secret, nonce)).toBe(whole);
    expect(md5CredentialOfHash(inner, nonce)).toBe(whole);
  });
});

describeWith('openssl')('openssl', () => {
  it('finds the same digests of a name beyond ASCII and a nonce that is no text', () => {
    const nonce = Buffer.from('ff00c3a90d0a', 'hex');
    const md5 = (input: Buffer): string => openssl(['md5', '-binary'], input).toString('base64');
    const inner = md5(Buffer.from('Jürgen:Paßwort'));
    expect(md5Hash('Jürgen', 'Paßwort')).toBe(inner);
    expect(md5Credential('Jürgen', 'Paßwort', nonce)).toBe(md5(Buffer.concat([Buffer.from(`${inner}:`), nonce])));
  });
});

describe('a nonce', () => {
  it('is what its base64 stands for, and any other text itself', () => {
    expect(readNonce('AAECAwQFBgcICQoLDA0ODw==')).toEqual(counting);
    expect(readNonce(' Tm9uY2U=\n')).toEqual(Buffer.from('Nonce'));
    expect(readNonce('nonce')).toEqual(Buffer.from('nonce'));
    expect(readNonce('Tm9uY2U')).toEqual(Buffer.from('Tm9uY2U'));
    expect(readNonce('Tm9uY2V=')).toEqual(Buffer.from('Tm9uY2V='));
    expect(readNonce('')).toEqual(Buffer.alloc(0));
  });
});

describe('a Cred', () => {
  const account = { name: 'dummy', secret: 'dummy-pass' };

  it('says its type and format, as the captures do', () => {
    expect(credOf(md5Type, account, counting)).toEqual({
      meta: { format: 'b64', type: 'syncml:auth-md5' },
      data: 'StIkJQ5MRWV0+UJkZtUS8A==',
    });
    expect(basicCredential('dummy', 'dummy-pass')).toBe('ZHVtbXk6ZHVtbXktcGFzcw==');
    expect(credOf(basicType, account, counting).data).toBe('ZHVtbXk6ZHVtbXktcGFzcw==');
  });

  it.each([basicType, md5Type] as const)('of %s is the account’s with its name, secret and nonce alone', (type) => {
    const cred = credOf(type, account, counting);
    expect(isCredentialOf(cred, account, type, counting)).toBe(true);
    expect(isCredentialOf({ ...cred, data: ` ${cred.data}\n` }, account, type, counting)).toBe(true);
    expect(isCredentialOf(cred, { ...account, secret: 'dummy-Pass' }, type, counting)).toBe(false);
    expect(isCredentialOf(cred, { ...account, name: 'Dummy' }, type, counting)).toBe(false);
    expect(isCredentialOf({ ...cred, data: '' }, account, type, counting)).toBe(false);
    expect(isCredentialOf({ data: cred.data }, account, type, counting)).toBe(false);
  });

  it('of MD5 is of one nonce, and a Basic one is none where MD5 is asked for', () => {
    expect(isCredentialOf(credOf(md5Type, account, counting), account, md5Type, Buffer.from('other'))).toBe(false);
    expect(isCredentialOf(credOf(basicType, account, counting), account, md5Type, counting)).toBe(false);
  });
});

describe('a challenge', () => {
  it('names the nonce of MD5, and none of Basic', () => {
    expect(challengeOf(md5Type, counting)).toEqual({
      format: 'b64',
      type: 'syncml:auth-md5',
      nextNonce: 'AAECAwQFBgcICQoLDA0ODw==',
    });
    expect(challengeOf(basicType, counting)).toEqual({ format: 'b64', type: 'syncml:auth-basic' });
  });
});
