import { describe, expect, test } from 'vitest';
import { commandFormatError, decodeCommand, encodeCommand } from '../../../protocol/apple-mdm/command.js';
import { buildPlist } from '../../../protocol/plist/build.js';
import { dict, type PlistValue } from '../../../protocol/plist/value.js';
import { judgeCommand } from '../../support/apple-schema.js';
import { describeWithSchema } from '../../support/shared.js';
import { errorOf } from './captures.js';

const plist = (entries: Record<string, PlistValue | undefined>): Buffer => buildPlist(dict(entries));

describe('commands', () => {
  test('an empty body ends the session', () => {
    expect(decodeCommand(Buffer.alloc(0))).toBeUndefined();
  });

  test('a command is read as it was written, with its bytes', () => {
    const body = dict({ RequestType: 'InstallProfile', Payload: Buffer.from('<plist/>') });
    const bytes = encodeCommand('0001_InstallProfile', body);
    expect(decodeCommand(bytes)).toEqual({
      CommandUUID: '0001_InstallProfile',
      RequestType: 'InstallProfile',
      body,
      raw: bytes,
    });
  });

  test('a RequestType that iOS does not know is a command all the same', () => {
    expect(decodeCommand(encodeCommand('1', dict({ RequestType: 'MakeCoffee' })))?.RequestType).toBe('MakeCoffee');
  });

  test('a profile of ten mebibytes fits into a command, though base64 makes it larger', () => {
    const Payload = Buffer.alloc(10 * 1024 * 1024, 'a');
    const command = decodeCommand(encodeCommand('1', dict({ RequestType: 'InstallProfile', Payload })));
    expect(command?.body['Payload']).toHaveLength(Payload.length);
  });
});

describe('a malformed command', () => {
  test.each([
    ['no Command', plist({ CommandUUID: 'u' }), 'command/Command'],
    ['a Command that is a string', plist({ CommandUUID: 'u', Command: 'Lock' }), 'command/Command'],
    ['no RequestType', plist({ CommandUUID: 'u', Command: dict({}) }), 'command/Command/RequestType'],
    [
      'a RequestType that is a number',
      plist({ CommandUUID: 'u', Command: dict({ RequestType: 3 }) }),
      'command/Command/RequestType',
    ],
    [
      'an empty RequestType',
      plist({ CommandUUID: 'u', Command: dict({ RequestType: '' }) }),
      'command/Command/RequestType',
    ],
  ])('with %s tells the CommandUUID to answer CommandFormatError to', (_, bytes, at) => {
    const error = errorOf(() => decodeCommand(bytes));
    expect(error).toMatchObject({ code: 'MDM_MALFORMED', details: { at } });
    expect(commandFormatError(error)).toBe('u');
  });

  test.each([
    ['no CommandUUID', plist({ Command: dict({ RequestType: 'DeviceLock' }) })],
    ['an empty CommandUUID', plist({ CommandUUID: '', Command: dict({ RequestType: 'DeviceLock' }) })],
    ['a CommandUUID that is data', plist({ CommandUUID: Buffer.of(1), Command: dict({ RequestType: 'DeviceLock' }) })],
    [
      'a CommandUUID of a kilobyte',
      plist({ CommandUUID: 'u'.repeat(1024), Command: dict({ RequestType: 'DeviceLock' }) }),
    ],
    ['bytes that are no property list', Buffer.from('{"Command":{}}')],
    ['only white space', Buffer.from('\n')],
  ])('with %s has nothing to be answered with', (_, bytes) => {
    const error = errorOf(() => decodeCommand(bytes));
    expect(error.code).toMatch(/^(MDM|PLIST)_MALFORMED$/);
    expect(commandFormatError(error)).toBeUndefined();
  });

  test('an error from elsewhere is none of them', () => {
    expect(commandFormatError(new Error('x'))).toBeUndefined();
    expect(commandFormatError(undefined)).toBeUndefined();
  });
});

describeWithSchema("commands by Apple's schema", () => {
  test.each([
    [{ RequestType: 'DeviceLock', Message: 'hello', PhoneNumber: '+15550100' }],
    [{ RequestType: 'DeviceInformation', Queries: ['UDID', 'DeviceName', 'BatteryLevel'] }],
    [{ RequestType: 'Settings', Settings: [dict({ Item: 'DeviceName', DeviceName: 'Pat' })] }],
    [{ RequestType: 'RemoveProfile', Identifier: 'org.example.wifi' }],
    [{ RequestType: 'DeclarativeManagement', Data: Buffer.from('{}') }],
  ])('$RequestType has no problem after a round trip', (body) => {
    const command = decodeCommand(encodeCommand('u', dict(body)));
    expect(judgeCommand(body.RequestType, command?.body ?? {})).toEqual([]);
  });
});
