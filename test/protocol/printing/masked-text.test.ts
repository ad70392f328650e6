import { describe, expect, it } from 'vitest';
import { withoutSecretText } from '../../../protocol/printing/masked-text.js';
import { computedMs } from '../../support/computed.js';

const secret = 'abcSECRET';

describe('text that may hold secrets', () => {
  it.each([
    ['see https://h/x?token=abcSECRET&a=1', 'see https://h/x?token=[secret]&a=1'],
    ['redirect=https://a/?token=abcSECRET', 'redirect=https://a/?token=[secret]'],
    ['https://a/?next=%2Fx%3Ftoken%3DabcSECRET%26a%3D1', 'https://a/?next=%2Fx%3Ftoken%3D[secret]%26a%3D1'],
    ['https://user:abcSECRET@host/', 'https://[secret]@host/'],
    ['{"data":{"token":{"value":"abcSECRET"}},"b":1', '{"data":{"token":[secret]},"b":1'],
    ['{"a":{"tokens":["x]","abcSECRET"]},', '{"a":{"tokens":[secret]},'],
    ['{"credentials":{"a":{"b":1},"c":"abcSECRET"},"d":2}', '{"credentials":[secret],"d":2}'],
    ['{"text":"a\\"b","password":"x\\"abcSECRET","d":2', '{"text":"a\\"b","password":"[secret]","d":2'],
    [
      '[{"packageId":"a","name":"wifi_password","type":1,"value":"abc\\"SECRET","lastUpdate":1}',
      '[{"packageId":"a","name":"wifi_password","type":1,"value":"[secret]","lastUpdate":1}',
    ],
    ['{"name":"psk", "value": "abcSECRET"}', '{"name":"psk", "value": "[secret]"}'],
    ['{"name":"user","type":1,"value":"shown"}', '{"name":"user","type":1,"value":"shown"}'],
    ["{'password': 'abcSECRET', 'd': 2}", "{'password': '[secret]', 'd': 2}"],
    [
      '{"json":"{\\"password\\":\\"x\\\\nabcSECRET\\",\\"d\\":2}"',
      '{"json":"{\\"password\\":\\"[secret]\\",\\"d\\":2}"',
    ],
    ['<key>Password</key> <string>abcSECRET</string>', '<key>Password</key> <string>[secret]</string>'],
    ['<key>Password</key><string><![CDATA[abcSECRET]]></string>', '<key>Password</key><string>[secret]</string>'],
    ['<key>Passwords</key><array><string>abcSECRET</string></array>', '<key>Passwords</key><array>[secret]</array>'],
    ['<key>Password</key><!-- a --><string>abcSECRET</string>', '<key>Password</key>[secret]</string>'],
    ['<key>Name</key><string>a</string>', '<key>Name</key><string>a</string>'],
    ['<Password><![CDATA[</abcSECRET]]></Password>', '<Password>[secret]</Password>'],
    ['<Password><b>abcSECRET</b></Password>', '<Password>[secret]</b></Password>'],
    [
      '<input type="hidden" name="csrf_token" value="abcSECRET">',
      '<input type="hidden" name="csrf_token" value="[secret]">',
    ],
    ['<input type=hidden name=wresult value=abcSECRET>', '<input type=hidden name=wresult value="[secret]">'],
    [
      "i.name = 'wresult'; i.type = 'hidden';\n i.value = 'abcSECRET'; f.submit()",
      `i.name = 'wresult'; i.type = 'hidden';\n i.value = "[secret]"; f.submit()`,
    ],
    ['<input name="user" value="shown">', '<input name="user" value="shown">'],
    ['{ Password = abcSECRET; Name = a; }', '{ Password = [secret]; Name = a; }'],
    ["password='abcSECRET d'", "password='[secret]'"],
    ['Authorization: Token abcSECRET\r\nHost: a', 'Authorization: [secret]\r\nHost: a'],
    ['pass=abcSECRET&x=1', 'pass=[secret]&x=1'],
    ['token: true, allowed', 'token: true, allowed'],
  ])('%s', (text, shown) => {
    expect(withoutSecretText(text)).toBe(shown);
    expect(withoutSecretText(shown)).not.toContain(secret);
  });

  it('is looked through in time that grows with its length', () => {
    const parts = [
      '"token":{',
      '"a":"',
      '<password',
      '<a ',
      '\\"a\\":\\"',
      '<input name=',
      'a=(',
      '1a',
      '://a',
      "'a':'",
    ];
    for (const part of parts) {
      const begun = computedMs();
      withoutSecretText(part.repeat(64_000 / part.length));
      expect([part, computedMs() - begun < 1_000]).toEqual([part, true]);
    }
  });
});
