import { expect, it } from 'vitest';
import { shownAddress } from '../../base/shown-address.js';

it.each([
  ['https://mdm.test/enroll', 'https://mdm.test/enroll'],
  ['https://mdm.test:8443/a/b?code=7&user=a%40b', 'https://mdm.test:8443/a/b?code=…&user=…'],
  ['https://anna:secret@mdm.test/#secret', 'https://mdm.test/'],
  ['http://[::1]:80/?a', 'http://[::1]/?a=…'],
  ['no address?secret', 'no address?…'],
  ['http://anna:secret@mdm.test:99999/a@b', 'http://mdm.test:99999/a@b'],
])('%s is shown as %s', (address, shown) => {
  expect(shownAddress(address)).toBe(shown);
});
