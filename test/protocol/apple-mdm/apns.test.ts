import { describe, expect, test } from 'vitest';
import {
  apnsPath,
  apnsReasons,
  encodeApnsRefusal,
  encodeWake,
  isApnsReason,
  readApnsRefusal,
  readWake,
  tokenOfPath,
} from '../../../protocol/apple-mdm/apns.js';
import { errorOf } from './captures.js';

describe('a wake by push', () => {
  test('is exactly the magic and nothing else', () => {
    expect(encodeWake('CEFDF0BD-E342').toString()).toBe('{"mdm":"CEFDF0BD-E342"}');
    expect(readWake(encodeWake('a"\\é').toString())).toBe('a"\\é');
  });

  test.each([
    ['an app notification', '{"aps":{"alert":"hi"}}'],
    ['nothing', ''],
    ['no JSON', 'wake up'],
    ['a list', '["mdm"]'],
    ['an empty magic', '{"mdm":""}'],
    ['a magic that is a number', '{"mdm":7}'],
    ['more than APNs carries', `{"mdm":"${'x'.repeat(4096)}"}`],
    ['deep nesting', `{"mdm":"x","y":${'['.repeat(50)}${']'.repeat(50)}}`],
    ['half a character', '{"mdm":"\ud800'],
  ])('is not made by %s', (_, text) => {
    expect(readWake(text)).toBeUndefined();
  });

  test('goes to the path of the token in hex', () => {
    const token = Buffer.from('00ff'.repeat(16), 'hex');
    expect(apnsPath(token)).toBe(`/3/device/${'00ff'.repeat(16)}`);
    expect(tokenOfPath(apnsPath(token))).toEqual(token);
    expect(tokenOfPath('/3/device/00FF')).toEqual(Buffer.of(0, 255));
  });

  test.each([
    '/3/device/',
    '/3/device/0',
    '/3/device/xy',
    '/2/device/00',
    '/3/device/00/',
    `/3/device/${'00'.repeat(101)}`,
  ])('%s names no token', (path) => {
    expect(tokenOfPath(path)).toBeUndefined();
  });
});

describe('a refusal of APNs', () => {
  test('has the status that Apple documents', () => {
    expect(apnsReasons).toMatchObject({ BadDeviceToken: 400, Unregistered: 410, PayloadTooLarge: 413, Shutdown: 503 });
    expect(isApnsReason('TooManyRequests')).toBe(true);
    expect(isApnsReason('toString')).toBe(false);
  });

  test('is read as it was written', () => {
    expect(readApnsRefusal(encodeApnsRefusal('BadDeviceToken'))).toEqual({ reason: 'BadDeviceToken' });
    expect(readApnsRefusal(encodeApnsRefusal('Unregistered', 1_700_000_000_000))).toEqual({
      reason: 'Unregistered',
      timestamp: 1_700_000_000_000,
    });
    expect(encodeApnsRefusal('BadPath').toString()).toBe('{"reason":"BadPath"}');
  });

  test('without a reason is none', () => {
    expect(errorOf(() => readApnsRefusal(Buffer.from('{}'))).code).toBe('MDM_MALFORMED');
    expect(errorOf(() => readApnsRefusal(Buffer.from('Bad Gateway'))).code).toBe('MDM_MALFORMED');
  });
});
