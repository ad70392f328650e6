import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  defaultSecret,
  judgeResponse,
  launcherAccepts,
  mqttPassword,
  requestSignature,
  responseSignature,
  signedText,
} from '../../../protocol/headwind/signature.js';

const hash = (text: string): string => createHash('sha1').update(text).digest('hex');

describe('a signature', () => {
  // biome-ignore format: a table
  it.each([
    ['sync', signedText.sync('h0001'), '617EDA077EE8DD58BB18C88FE95A8659491646DF'],
    ['long poll', signedText.polling('', 'h0001'), 'AC96972406D137CE3AA1F49D8E7DF60DDDE561D0'],
    ['long poll below /hmdm', signedText.polling('hmdm', 'h0001'), '9D62B0B5355FE5351BF847D264BB72F09BE56D33'],
    ['file', signedText.file('certs/ca.pem'), '413EE9829779FDDBD0C5E0740A3581D2F2E448A2'],
  ])('of a request (%s) is that of the specification', (_, text, expected) => {
    expect(requestSignature(defaultSecret, text)).toBe(expected);
  });

  it('is the password of MQTT, in upper case', () => {
    expect(mqttPassword(defaultSecret)).toBe('D54F553ED2EAC4DCF371B38366EBFA1B5973811A');
  });

  it('of a reply is that of the specification, over the text without white space', () => {
    expect(responseSignature(defaultSecret, '{"a":"b c","d":null}')).toBe('A0BFC7E840AB967A9A61EE10B105BE29B8D00BF2');
    expect(responseSignature(defaultSecret, '{"a":\t"b c",\r\n"d":\v\fnull}')).toBe(
      'A0BFC7E840AB967A9A61EE10B105BE29B8D00BF2',
    );
  });

  it('of a poll is without the leading slash, and over the encoded number, in launcher 6.36', () => {
    expect(signedText.polling('hmdm', 'a b*~é', 'launcher-6.36')).toBe('hmdm/rest/notification/polling/a+b*%7E%C3%A9');
    expect(signedText.polling('', "x'()!-_.", 'launcher-6.36')).toBe('/rest/notification/polling/x%27%28%29%21-_.');
    expect(signedText.polling('', 'h\ud800', 'launcher-6.36')).toBe('/rest/notification/polling/h%3F');
    expect(signedText.polling('hmdm', 'a b')).toBe('/hmdm/rest/notification/polling/a b');
    expect(signedText.legacyPolling('hmdm', 'a b', 'launcher-6.36')).toBe('hmdm/rest/notifications/device/a+b');
    expect(signedText.legacyPolling('', 'h1')).toBe('/rest/notifications/device/h1');
  });
});

describe('the signature of a reply', () => {
  const data = '{"a":"b c","e":"é"}';
  const signed = hash(`s${data.replace(' ', '')}`);

  it('is right in any letter case, missing, or wrong', () => {
    expect(judgeResponse('s', data, signed)).toBe('ok');
    expect(judgeResponse('s', data, signed.toUpperCase())).toBe('ok');
    expect(judgeResponse('s', data, undefined)).toBe('missing');
    expect(judgeResponse('s', data, '')).toBe('wrong');
    expect(judgeResponse('t', data, signed)).toBe('wrong');
    expect(judgeResponse('s', data.replace('b', 'x'), signed)).toBe('wrong');
  });

  it('was taken before characters beyond the basic plane became escapes', () => {
    const wire = '{"a":"\\uD83D\\uDE00 \\\\uD83D\\\\uDE00"}';
    expect(judgeResponse('s', wire, hash('s{"a":"😀\\\\uD83D\\\\uDE00"}'))).toEqual({ trap: 'non-bmp' });
    expect(judgeResponse('s', wire, hash('s{"a":"😀😀"}'))).toBe('wrong');
  });

  it('was taken over question marks, on a Java machine whose character set is ASCII', () => {
    expect(judgeResponse('s', data, hash('s{"a":"bc","e":"?"}'))).toEqual({ trap: 'charset' });
    expect(judgeResponse('s', '{"a":"é\\uD83D\\uDE00"}', hash('s{"a":"??"}'))).toEqual({ trap: 'charset' });
  });

  it("was taken without more than ASCII's white space", () => {
    const wire = '{"a":"b\u00a0c \u3000"}';
    expect(judgeResponse('s', wire, hash('s{"a":"bc"}'))).toEqual({ trap: 'javascript-white-space' });
    expect(judgeResponse('s', wire, hash('s{"a":"b\u00a0c\u3000"}'))).toBe('ok');
  });

  it("is refused by a launcher where Android's white space is more than the server's", () => {
    const wire = '{"a":"b\u00a0c d"}';
    expect(launcherAccepts('s', wire, responseSignature('s', wire))).toBe(false);
    expect(launcherAccepts('s', data, responseSignature('s', data))).toBe(true);
  });
});
