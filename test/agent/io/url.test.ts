import { expect, it } from 'vitest';
import { targetReader } from '../../../agent/io/url.js';

const addresses = [
  '/rest/public/sync/info',
  '/rest/public/sync/configuration/h0101',
  '/a/../b',
  '/a/./b',
  '/.',
  '//double//slashes/',
  '/with%2e/percent',
  '/with?query=1',
  '/with space',
  '/\\backslash',
  '/größe',
  '/~tilde_-',
  '',
  '/',
].flatMap((path) => [`https://mdm.test${path}`, `http://MDM.test:8080${path}`, `https://[::1]:443${path}`]);

it.each(addresses)('%s is read alike, whether its server is known or not', (url) => {
  const { href, origin, pathname, search, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  const known = targetReader();
  for (const other of addresses) known(other);
  const target = {
    url: href,
    secure,
    origin,
    host: expect.stringMatching(/^(?:mdm\.test|::1)$/),
    port: Number(port) || (secure ? 443 : 80),
    path: pathname + search,
    pathOnly: pathname,
  };
  expect(targetReader()(url)).toEqual(target);
  expect(known(url)).toEqual(target);
});

it('is refused where it is none, whatever is known', () => {
  const read = targetReader();
  read('https://mdm.test/a');
  for (const url of ['ftp://mdm.test/a', 'https://mdm.test:99999/a', 'mdm.test/a', '']) {
    expect(() => read(url), url).toThrow('is no http or https address');
  }
});
