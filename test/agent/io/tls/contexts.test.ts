import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { expect, it } from 'vitest';
import { tlsContexts } from '../../../../agent/io/tls/contexts.js';
import { buildSignerCertificate } from '../../../../protocol/scep/request.js';

const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const identity = (name: string) => ({
  certificates: [
    buildSignerCertificate({
      subject: [[['CN', name]]],
      key,
      now: new Date(),
      random: (length) => Buffer.alloc(length, 7),
    }),
  ],
  key: key.privateKey,
});

function counting(most: number) {
  const counts = { made: 0 };
  const make: typeof createSecureContext = (options) => {
    counts.made++;
    return createSecureContext(options);
  };
  return { counts, contexts: tlsContexts({ most, make }) };
}

it('an identity has one context, made when it is first used, and found again by the certificate', () => {
  const { counts, contexts } = counting(2);
  const a = identity('a');
  expect(contexts.of(a)).toBe(contexts.of({ ...a, certificates: a.certificates.map((der) => Buffer.from(der)) }));
  expect(counts.made).toBe(0);
  expect(contexts.of(a).secureContext).toBe(contexts.of(a).secureContext);
  expect(contexts.of(undefined).secureContext).toBe(contexts.of(undefined).secureContext);
  expect(counts.made).toBe(2);
});

it('of more identities than are kept the one used longest ago goes', () => {
  const { counts, contexts } = counting(2);
  const [a, b, c] = [identity('a'), identity('b'), identity('c')];
  for (const each of [a, b, a, c, a]) contexts.of(each).secureContext;
  expect(counts.made).toBe(3);
  contexts.of(b).secureContext;
  expect(counts.made).toBe(4);
});
