import { describe, expect, it } from 'vitest';
import { printBody } from '../../../protocol/printers.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { encodeWbxml } from '../../../protocol/syncml/wbxml.js';
import { encodeSyncMl } from '../../../protocol/syncml/write.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { header, richMessage } from './messages.js';

describe('a SyncML message in a trace', () => {
  it('is its commands, with what they act on and how they were answered', () => {
    const lines = [
      'SyncML session 7, message 2, final',
      '  from 0123456789ABCDEF0123456789ABCDEF as user & co',
      '  to https://mdm.example.test/ManagementServer/MDM.svc?mode=Maintenance&Platform=WoA',
      '  answers to https://mdm.example.test/answer?id=7&x',
      '  Cred syncml:auth-md5 [secret]',
      '  MaxMsgSize 524288, MaxObjSize 1048576',
      'Status 1: 401 Invalid credentials, 0x86000002 for SyncHdr of message 1 https://mdm.example.test/',
      '  Chal syncml:auth-md5, NextNonce [secret]',
      '  "why"',
      'Alert 2: 1226 Generic alert',
      '  ./Vendor/MSFT/X (int, com.microsoft:mdm.unenrollment.userrequest, critical) "1"',
      'Results 3 of f5586490-4eed-4dae-aad6-b0e365db0617',
      '  ./DevDetail/SwV (chr) "10.0.26200.9278"',
      '  ./A (chr) ""',
      'Atomic 4',
      '  Replace 5',
      '    ./W 26 characters',
      '      <wlan name="a&b">',
      '      </wlan>',
      '  Sequence 6',
      '    Delete 7',
      '      ./D',
      'Get 8',
      '  ./G',
      '  ./H',
      'Exec 9',
      '  ./E (text/plain) "now"',
      'Copy 10',
      '  ./S to ./C',
      'Add 11',
      '  ./A (b64) "AAAA" (more follows)',
      'Put 12, which is no command of device management',
    ];
    expect(printBody('application/vnd.syncml.dm+xml', encodeSyncMl(richMessage))).toEqual(lines);
    expect(printBody('', encodeSyncMl(richMessage))).toEqual(lines);
    const inWbxml = lines.map((line) => line.replace(', 0x86000002', ''));
    expect(printBody('application/vnd.syncml.dm+wbxml', encodeWbxml(richMessage))).toEqual(inWbxml);
    expect(printBody('', encodeWbxml(richMessage))).toEqual(inWbxml);
  });

  it('says that something is on, whatever its name, and shows identifiers as they are', () => {
    const hash = 'ab'.repeat(32);
    const items = [
      { target: './Device/Vendor/MSFT/Policy/Config/DeviceLock/DevicePasswordEnabled', data: '0' },
      { target: './Device/Vendor/MSFT/Policy/Config/DeviceLock/DevicePassword', data: '1201' },
      { target: './A/%50assword', data: 'x' },
      { target: './A/HWDevID', data: hash },
    ];
    const lines = printBody(
      '',
      encodeSyncMl({ header, commands: [{ verb: 'Replace', cmdId: '2', items }], isFinal: true }),
    );
    expect(lines.slice(-4)).toEqual([
      '  ./Device/Vendor/MSFT/Policy/Config/DeviceLock/DevicePasswordEnabled "0"',
      '  ./Device/Vendor/MSFT/Policy/Config/DeviceLock/DevicePassword [secret]',
      '  ./A/%50assword [secret]',
      `  ./A/HWDevID "${hash}"`,
    ]);
  });

  it('that cannot be read is its text, with why, and without what its Data hold', () => {
    const item = { target: './A/B', data: '9876 <not> shown' };
    const status = { msgRef: '1', cmdRef: '0', cmd: 'SyncHdr', targetRefs: [], sourceRefs: [], items: [] };
    const message = encodeSyncMl({
      header,
      commands: [
        { verb: 'Status', cmdId: '1', ...status, data: '200' },
        { verb: 'Add', cmdId: '2', items: [item, { ...item, data: '4821' }] },
      ],
      isFinal: true,
    });
    const text = printBody('', Buffer.from(message.toString().replace('</SyncBody>', ''))).join('');
    expect(text).toMatch(/^SyncML that cannot be read: .*<SyncML/);
    expect(text).toContain('<Cmd>SyncHdr</Cmd><Data>200</Data>');
    expect(text.match(/<LocURI>\.\/A\/B<\/LocURI><\/Target><Data>\[secret\]<\/Item>/g)).toHaveLength(2);
    expect(text).not.toMatch(/shown|4821/);
  });
});

describeWithFixtures('a capture of a real device', () => {
  it('is short to read', () => {
    const bytes = fixture('windows/win11-26200-unenroll-1226.xml');
    expect(printBody('application/vnd.syncml.dm+xml', bytes)).toEqual([
      'SyncML session 9, message 1, final',
      '  from 0123456789ABCDEF0123456789ABCDEF',
      '  to https://mdm.example.test/ManagementServer/MDM.svc',
      'Alert 2: 1201 Client-initiated management',
      'Alert 3: 1224 Client event',
      '  (com.microsoft/MDM/LoginStatus) "user"',
      'Alert 4: 1226 Generic alert',
      '  (int, com.microsoft:mdm.unenrollment.userrequest, critical) "1"',
      'Replace 5',
      '  ./DevInfo/DevId "0123456789ABCDEF0123456789ABCDEF"',
      '  ./DevInfo/Man "Example Manufacturer"',
      '  ./DevInfo/Mod "Conformance Device"',
      '  ./DevInfo/DmV "1.3"',
      '  ./DevInfo/Lang "en-US"',
    ]);
    expect(printBody('', encodeWbxml(decodeSyncMl(bytes))).slice(-1)).toEqual(['  ./DevInfo/Lang "en-US"']);
  });
});
