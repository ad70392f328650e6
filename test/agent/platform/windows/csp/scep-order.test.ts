import { expect, it } from 'vitest';
import { scepOrder } from '../../../../../agent/platform/windows/csp/scep-order.js';

const nodes = {
  ServerURL: 'https://scep.example.test/scep',
  Challenge: 'x',
  EKUMapping: '1.3.6.1.5.5.7.3.2',
  KeyUsage: '160',
  SubjectName: 'CN=a',
  KeyLength: '2048',
  HashAlgorithm: 'SHA-2',
  CAThumbprint: 'a'.repeat(40),
};

it('reads alternative names once, however much white space a server writes into them', () => {
  const wide = ' '.repeat(300_000); // minutes, if each blank were tried as the end
  const { settings } = scepOrder({ ...nodes, SubjectAlternativeNames: ` 3+a.example ; 3+b${wide}c; ` });
  expect(settings[0]?.subjectAltName).toEqual({ dNSName: ['a.example', `b${wide}c`] });
});
