import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  type CheckinMessage,
  decodeCheckin,
  decodeTokenReply,
  encodeCheckin,
  encodeTokenReply,
} from '../../../protocol/apple-mdm/check-in.js';
import { enrollmentKey } from '../../../protocol/apple-mdm/fields.js';
import { buildPlist } from '../../../protocol/plist/build.js';
import { parsePlistDict } from '../../../protocol/plist/parse.js';
import { dict, type PlistDict } from '../../../protocol/plist/value.js';
import { judgeCheckin } from '../../support/apple-schema.js';
import { describeWith } from '../../support/programs.js';
import { describeWithFixtures, describeWithSchema } from '../../support/shared.js';
import { capture, checkinNames, errorOf } from './captures.js';

const udid = '00008120-0011223344556677';
const topic = 'com.apple.mgmt.External.e0bd1eac-1f17-4c8e-8a63-dd17d3dd35d9';
const token = Buffer.alloc(32, 7);

const messages: readonly CheckinMessage[] = [
  {
    MessageType: 'Authenticate',
    UDID: udid,
    Topic: topic,
    OSVersion: '18.0',
    BuildVersion: '22A3354',
    ProductName: 'iPhone15,2',
    SerialNumber: 'H2K9QW7XTM',
    IMEI: '35 123456 789012 3',
    MEID: '35123456789012',
  },
  {
    MessageType: 'TokenUpdate',
    UDID: udid,
    Topic: topic,
    Token: token,
    PushMagic: 'A-B',
    UnlockToken: Buffer.alloc(2048, 1),
  },
  { MessageType: 'TokenUpdate', UDID: udid, Topic: topic, Token: token, PushMagic: 'A-B', AwaitingConfiguration: true },
  { MessageType: 'CheckOut', UDID: udid, Topic: topic },
  { MessageType: 'GetToken', UDID: udid, TokenServiceType: 'com.apple.maid' },
  {
    MessageType: 'GetToken',
    UDID: udid,
    TokenServiceType: 'com.apple.watch.pairing',
    TokenParameters: dict({ SecurityToken: 's', PhoneUDID: udid, WatchUDID: 'w' }),
  },
  { MessageType: 'DeclarativeManagement', UDID: udid, Endpoint: 'tokens' },
  { MessageType: 'DeclarativeManagement', UDID: udid, Endpoint: 'status', Data: Buffer.from('{"StatusItems":{}}') },
];
const macMessages: readonly CheckinMessage[] = [
  { MessageType: 'SetBootstrapToken', UDID: udid, BootstrapToken: token, AwaitingConfiguration: false },
  { MessageType: 'SetBootstrapToken', UDID: udid },
  { MessageType: 'GetBootstrapToken', UDID: udid },
  { MessageType: 'UserAuthenticate', UDID: udid, UserID: 'F1D2', UserShortName: 'pat', DigestResponse: '' },
];

const plist = (entries: PlistDict): Buffer => buildPlist(dict(entries));

describe('check-in messages', () => {
  test.each([...messages, ...macMessages])('$MessageType is read as it was written', (message) => {
    expect(decodeCheckin(encodeCheckin(message))).toEqual(message);
  });

  test('the quick way for hot messages writes what the general way writes', () => {
    for (const message of messages) {
      const general = parsePlistDict(plist({ ...message } as unknown as PlistDict));
      expect(parsePlistDict(encodeCheckin(message))).toEqual(general);
    }
  });

  test('text that means something in XML arrives as it was', () => {
    const message: CheckinMessage = { MessageType: 'CheckOut', UDID: '<a>&"\'', Topic: ']]>é漢😀' };
    expect(decodeCheckin(encodeCheckin(message))).toEqual(message);
    const token = {
      MessageType: 'TokenUpdate',
      UDID: udid,
      Topic: '&amp;',
      Token: Buffer.of(0),
      PushMagic: '<![CDATA[',
    } as const;
    expect(decodeCheckin(encodeCheckin(token))).toEqual(token);
  });

  test('a User Enrollment speaks with its EnrollmentID', () => {
    const message: CheckinMessage = { MessageType: 'Authenticate', EnrollmentID: 'E-1', Topic: topic };
    const read = decodeCheckin(encodeCheckin(message));
    expect(read).toEqual(message);
    expect(enrollmentKey(read)).toBe('E-1');
    expect(() => enrollmentKey({})).toThrow(/neither/);
  });

  test('a Shared iPad names its user', () => {
    const message: CheckinMessage = {
      MessageType: 'TokenUpdate',
      UDID: udid,
      UserID: 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      UserShortName: 'pat@example.org',
      Topic: topic,
      Token: token,
      PushMagic: 'm',
    };
    expect(decodeCheckin(encodeCheckin(message))).toEqual(message);
  });

  test('keys that nobody named are kept under rest, and written back', () => {
    const bytes = plist({ MessageType: 'CheckOut', UDID: udid, Topic: topic, Later: [1, 'x'] });
    const read = decodeCheckin(bytes);
    expect(read.rest).toEqual(dict({ Later: [1, 'x'] }));
    expect(parsePlistDict(encodeCheckin(read))).toEqual(parsePlistDict(bytes));
  });

  test('rest never replaces a field of the message', () => {
    const message = { MessageType: 'CheckOut', UDID: udid, Topic: topic, rest: dict({ Topic: 'other' }) } as const;
    expect(decodeCheckin(encodeCheckin(message))).toEqual({ MessageType: 'CheckOut', UDID: udid, Topic: topic });
  });

  test('a key called __proto__ is a key like any other', () => {
    const bytes = Buffer.from(
      encodeCheckin({ MessageType: 'CheckOut', UDID: udid, Topic: topic })
        .toString()
        .replace('<dict>', '<dict><key>__proto__</key><dict><key>UDID</key><string>x</string></dict>'),
    );
    const read = decodeCheckin(bytes);
    expect(Object.keys(read.rest ?? {})).toEqual(['__proto__']);
    expect(parsePlistDict(encodeCheckin(read))).toEqual(parsePlistDict(bytes));
  });

  test('the reply to GetToken carries TokenData', () => {
    expect(Buffer.from(decodeTokenReply(encodeTokenReply(token)))).toEqual(token);
    expect(errorOf(() => decodeTokenReply(plist({})))).toMatchObject({ code: 'MDM_MALFORMED' });
  });
});

describe('a check-in message is refused', () => {
  const authenticate: PlistDict = { MessageType: 'Authenticate', UDID: udid, Topic: topic };
  const update: PlistDict = { MessageType: 'TokenUpdate', UDID: udid, Topic: topic, Token: token, PushMagic: 'm' };

  const refused = (why: string, message: PlistDict, at: string) =>
    test(why, () => {
      expect(errorOf(() => decodeCheckin(plist(message)))).toMatchObject({ code: 'MDM_MALFORMED', details: { at } });
    });

  refused('without MessageType', { UDID: udid }, 'check-in/MessageType');
  refused('with a MessageType that is no string', { MessageType: 7 }, 'check-in/MessageType');
  refused('without any identifier', { ...authenticate, UDID: undefined }, 'Authenticate/UDID');
  refused('with both identifiers', { ...authenticate, EnrollmentID: 'E' }, 'Authenticate/EnrollmentID');
  refused('with an empty UDID', { ...authenticate, UDID: '' }, 'Authenticate/UDID');
  refused('with a UDID too long to be one', { ...authenticate, UDID: 'A'.repeat(257) }, 'Authenticate/UDID');
  refused('with a line break in the UDID', { ...authenticate, UDID: 'A\nB' }, 'Authenticate/UDID');
  refused('without Topic', { ...authenticate, Topic: undefined }, 'Authenticate/Topic');
  refused('with a serial number that is an integer', { ...authenticate, SerialNumber: 5 }, 'Authenticate/SerialNumber');
  refused('with a token that is text', { ...update, Token: 'AAAA' }, 'TokenUpdate/Token');
  refused('with an empty token', { ...update, Token: Buffer.alloc(0) }, 'TokenUpdate/Token');
  refused('with a token of a kilobyte and more', { ...update, Token: Buffer.alloc(1025) }, 'TokenUpdate/Token');
  refused('without PushMagic', { ...update, PushMagic: undefined }, 'TokenUpdate/PushMagic');
  refused(
    'with AwaitingConfiguration as text',
    { ...update, AwaitingConfiguration: 'no' },
    'TokenUpdate/AwaitingConfiguration',
  );
  refused(
    'with TokenParameters that are a list',
    { MessageType: 'GetToken', UDID: udid, TokenServiceType: 's', TokenParameters: [] },
    'GetToken/TokenParameters',
  );
  refused(
    'with Data as text',
    { MessageType: 'DeclarativeManagement', UDID: udid, Endpoint: 'status', Data: '{}' },
    'DeclarativeManagement/Data',
  );
  refused(
    'by UserAuthenticate without a user',
    { MessageType: 'UserAuthenticate', UDID: udid },
    'UserAuthenticate/UserID',
  );

  test.each(['Goodbye', 'toString', '__proto__', 'constructor'])('when its type is %s, which is told', (type) => {
    const error = errorOf(() => decodeCheckin(plist({ MessageType: type, UDID: udid })));
    expect(error).toMatchObject({ code: 'MDM_MALFORMED', details: { messageType: type } });
  });

  test('when it is written for nobody, or for two', () => {
    expect(errorOf(() => encodeCheckin({ MessageType: 'CheckOut', Topic: topic })).code).toBe('MDM_MALFORMED');
    const both: CheckinMessage = { MessageType: 'CheckOut', UDID: udid, EnrollmentID: 'E', Topic: topic };
    expect(errorOf(() => encodeCheckin(both)).code).toBe('MDM_MALFORMED');
  });

  test('when it is no property list, empty, or over a mebibyte', () => {
    expect(errorOf(() => decodeCheckin(Buffer.from('hello'))).code).toBe('PLIST_MALFORMED');
    expect(errorOf(() => decodeCheckin(Buffer.alloc(0))).code).toBe('PLIST_MALFORMED');
    const message: CheckinMessage = {
      MessageType: 'TokenUpdate',
      UDID: udid,
      Topic: topic,
      Token: token,
      PushMagic: 'm',
    };
    const large = encodeCheckin({ ...message, UnlockToken: Buffer.alloc(1024 * 1024) });
    expect(errorOf(() => decodeCheckin(large)).code).toBe('PLIST_LIMIT');
  });
});

describeWithFixtures('check-in messages of real devices', () => {
  test.each(checkinNames)('%s is read, and rebuilt as an equal property list', (name) => {
    const message = decodeCheckin(capture(name));
    expect(message.UDID).toMatch(/^[0-9a-f]{40}$|^[0-9A-F-]{36}$/);
    expect(name).toContain(message.MessageType);
    expect(parsePlistDict(encodeCheckin(message))).toEqual(parsePlistDict(capture(name)));
  });

  test('the old challenge of macOS is kept, though no schema names it', () => {
    expect(decodeCheckin(capture('nanomdm-Authenticate.2.plist')).rest).toEqual(
      dict({ Challenge: Buffer.from('apple') }),
    );
  });

  test('the token of a TokenUpdate has 32 bytes', () => {
    const message = decodeCheckin(capture('nanomdm-TokenUpdate.1.plist'));
    expect(message.MessageType === 'TokenUpdate' && message.Token.length).toBe(32);
  });
});

describeWithSchema("check-in messages by Apple's schema", () => {
  test.each(messages)('$MessageType as we write it has no problem', (message) => {
    expect(judgeCheckin(message.MessageType, parsePlistDict(encodeCheckin(message)))).toEqual([]);
  });

  test('those of a User Enrollment have none either', () => {
    const update: CheckinMessage = {
      MessageType: 'TokenUpdate',
      EnrollmentID: 'E',
      Topic: topic,
      Token: token,
      PushMagic: 'm',
    };
    for (const message of [{ MessageType: 'Authenticate', EnrollmentID: 'E', Topic: topic } as const, update]) {
      const written = parsePlistDict(encodeCheckin(message));
      expect(judgeCheckin(message.MessageType, written, { isUserEnrollment: true })).toEqual([]);
      expect(judgeCheckin(message.MessageType, written)).not.toEqual([]);
    }
  });

  test.each(macMessages)('$MessageType is not for iOS', (message) => {
    expect(judgeCheckin(message.MessageType, parsePlistDict(encodeCheckin(message)))[0]).toMatch(/not on iOS/);
  });

  test.each(checkinNames.filter((name) => !name.includes('Authenticate.2')))('%s has no problem', (name) => {
    const message = parsePlistDict(capture(name));
    expect(judgeCheckin(String(message['MessageType']), message)).toEqual([]);
  });
});

describeWith('xmllint')('xmllint', () => {
  test.each([...messages, ...macMessages])('accepts the $MessageType that we write', (message) => {
    execFileSync('xmllint', ['--noout', '--nonet', '-'], { input: encodeCheckin(message), stdio: 'pipe' });
  });
});
