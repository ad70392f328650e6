import { describe, expect, it } from 'vitest';
import { type Certificate, readCertificate } from '../../../protocol/x509/certificate.js';
import { sequence, tagged, taggedPrimitive } from '../../../protocol/x509/der-build.js';
import { nameOutside } from '../../../protocol/x509/name-constraints.js';
import { oids } from '../../../protocol/x509/oids.js';
import { computedMs } from '../../support/computed.js';
import { authority, rsaKey } from './identities.js';

const any = readCertificate(authority(rsaKey(1024)).certificate);

/** The same certificate with other contents; it reads its names when asked. */
const like = (other: object): Certificate =>
  Object.create(any, Object.fromEntries(Object.entries(other).map(([name, value]) => [name, { value }])));

interface Trees {
  readonly dns?: readonly string[];
  readonly addresses?: readonly (readonly number[])[];
}

const subtrees = ({ dns = [], addresses = [] }: Trees): Buffer[] => [
  ...dns.map((name) => sequence(taggedPrimitive(2, Buffer.from(name)))),
  ...addresses.map((address) => sequence(taggedPrimitive(7, Buffer.from(address)))),
];

function authorityFor(permitted: Trees, excluded: Trees = {}): Certificate {
  const parts = [permitted, excluded].map((trees, at) => tagged(at, Buffer.concat(subtrees(trees))));
  const value = sequence(...parts);
  return like({ extensions: new Map([[oids.nameConstraints, { critical: true, value }]]) });
}

const certificateFor = (dNSName: readonly string[], iPAddress: readonly string[] = []): Certificate =>
  like({ subjectAltName: { dNSName, iPAddress } });

describe('the names that an authority may issue for', () => {
  it.each([
    ['a.test', { dns: ['a.test'] }, {}, true],
    ['B.A.test', { dns: ['a.TEST'] }, {}, true],
    ['ba.test', { dns: ['a.test'] }, {}, false],
    ['a.test', { dns: ['.a.test'] }, {}, false],
    ['b.a.test', { dns: ['.a.test'] }, {}, true],
    ['a.test', { dns: [''] }, {}, true],
    ['b.a.test', { dns: ['a.test'] }, { dns: ['b.a.test'] }, false],
    ['a.test', {}, { dns: ['b.a.test'] }, true],
    ['a.test', { addresses: [[10, 0, 0, 0, 255, 0, 0, 0]] }, {}, true],
  ] as const)('of %s below %j without %j: %s', (name, permitted, excluded, isInside) => {
    expect(nameOutside(authorityFor(permitted, excluded), certificateFor([name]))).toBe(isInside ? undefined : name);
  });

  it.each([
    ['10.1.2.3', [10, 0, 0, 0, 255, 0, 0, 0], true],
    ['11.1.2.3', [10, 0, 0, 0, 255, 0, 0, 0], false],
    ['10.1.2.3', [10, 0, 0, 0, 255, 255, 0, 0], false],
    ['10.1.2.3', [10, 0, 0, 0], false],
    ['fd00::1', [0xfd, ...Array(15).fill(0), 0xff, ...Array(15).fill(0)], true],
    ['fd00::1', [...Array(15).fill(0), 1, ...Array(16).fill(0xff)], false],
    ['::1', [...Array(15).fill(0), 1, ...Array(16).fill(0xff)], true],
    ['::1', [10, 0, 0, 0, 0, 0, 0, 0], false],
  ] as const)('of %s within %j: %s', (address, network, isInside) => {
    const given = authorityFor({ addresses: [network] });
    expect(nameOutside(given, certificateFor([], [address]))).toBe(isInside ? undefined : address);
  });

  it('are not looked at for ever', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `n${index}.test`);
    const begun = computedMs();
    expect(nameOutside(authorityFor({}, { dns: many(4_000) }), certificateFor(many(4_000)))).toMatch(/more names/);
    expect(nameOutside(authorityFor({ dns: ['test'] }), certificateFor(many(4_000)))).toBeUndefined();
    expect(computedMs() - begun).toBeLessThan(1_500);
  });

  it('are every name where nothing is said', () => {
    expect(nameOutside(like({ extensions: new Map() }), certificateFor(['a.test']))).toBeUndefined();
  });
});
