import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { SyncMlCommand, SyncMlMessage } from '../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { encodeSyncMl } from '../../../protocol/syncml/write.js';
import { describeWith } from '../../support/programs.js';
import { describeWithFixtures } from '../../support/shared.js';
import { deviceMessages } from './captures.js';
import { header, richMessage } from './messages.js';

const written = (...commands: SyncMlCommand[]): string =>
  /<SyncBody[\s\S]*<\/SyncBody>/.exec(encodeSyncMl({ header, commands, isFinal: true }).toString('utf8'))?.[0] ?? '';

describeWithFixtures('what a real device sent', () => {
  it('is there in all the forms that are judged', () => {
    expect(deviceMessages().map(([name]) => name)).toEqual([
      'win10-19043-package1.xml',
      'win11-26200-get-multiitem-results.trimmed.xml',
      'win11-26200-get-results.xml',
      'win11-26200-package1-digest.xml',
      'win11-26200-package1-user.xml',
      'win11-26200-unenroll-1226.xml',
    ]);
  });

  it.each(deviceMessages())('is read strictly and written again byte for byte: %s', (_, bytes) => {
    expect(encodeSyncMl(decodeSyncMl(bytes)).toString('utf8')).toBe(bytes.toString('utf8'));
  });
});

describe('what is written', () => {
  it('names the original error of a Status, and its namespace on SyncBody', () => {
    const status: SyncMlCommand = {
      verb: 'Status',
      cmdId: '2',
      msgRef: '2',
      cmdRef: '5',
      cmd: 'Get',
      targetRefs: ['./DevDetail/Nothing'],
      sourceRefs: [],
      data: '404',
      items: [],
      originalError: '0x86000002',
    };
    expect(written(status)).toBe(
      '<SyncBody xmlns:msft="http://schemas.microsoft.com/MobileDevice/MDM"><Status><CmdID>2</CmdID><MsgRef>2</MsgRef><CmdRef>5</CmdRef>' +
        '<Cmd>Get</Cmd><TargetRef>./DevDetail/Nothing</TargetRef><Data msft:originalerror="0x86000002">404</Data></Status><Final/></SyncBody>',
    );
  });

  it('has no Final where more follows, and MoreData behind the Data of an object that goes on', () => {
    const item = { target: './A', meta: { format: 'b64', size: 9000 }, data: 'AAAA', moreData: true } as const;
    const message: SyncMlMessage = { header, commands: [{ verb: 'Add', cmdId: '4', items: [item] }], isFinal: false };
    expect(encodeSyncMl(message).toString('utf8')).toContain(
      '<SyncBody><Add><CmdID>4</CmdID><Item><Target><LocURI>./A</LocURI></Target><Meta><Format xmlns="syncml:metinf">b64</Format>' +
        '<Size xmlns="syncml:metinf">9000</Size></Meta><Data>AAAA</Data><MoreData/></Item></Add></SyncBody>',
    );
  });

  it('has a Chal with Format, Type and NextNonce before the Data of its Status', () => {
    const chal = { format: 'b64', type: 'syncml:auth-md5', nextNonce: 'Tm9uY2U=' };
    const refs = { msgRef: '1', cmdRef: '0', cmd: 'SyncHdr', targetRefs: [], sourceRefs: [], items: [] };
    expect(written({ verb: 'Status', cmdId: '1', ...refs, data: '407', chal })).toContain(
      '<Cmd>SyncHdr</Cmd><Chal><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type>' +
        '<NextNonce xmlns="syncml:metinf">Tm9uY2U=</NextNonce></Meta></Chal><Data>407</Data></Status>',
    );
  });

  it('puts Format before Type, but Type before Format in an Alert, as Windows does', () => {
    const meta = { format: 'int', type: 'text/plain' };
    expect(written({ verb: 'Replace', cmdId: '2', items: [{ target: './A', meta, data: '1' }] })).toMatch(
      /<Format.*<Type/,
    );
    expect(written({ verb: 'Alert', cmdId: '2', data: '1226', items: [{ meta, data: '1' }] })).toMatch(
      /<Type.*<Format/,
    );
  });

  it('holds every text that XML can hold, and U+FFFD for what it cannot', () => {
    const item = { target: './A&B', data: '<a b="c">]]>\r\n\t&amp;\u0000\ud800\ufffe\u{1f4a9}</a>' };
    const bytes = encodeSyncMl({ header, commands: [{ verb: 'Replace', cmdId: '2', items: [item] }], isFinal: true });
    const [command] = decodeSyncMl(bytes).commands;
    expect(command).toEqual({
      verb: 'Replace',
      cmdId: '2',
      items: [{ target: './A&B', data: '<a b="c">]]>\r\n\t&amp;\ufffd\ufffd\ufffd\u{1f4a9}</a>' }],
    });
  });

  it('is read again as what it was, with everything that there is', () => {
    expect(decodeSyncMl(encodeSyncMl(richMessage))).toEqual(richMessage);
  });
});

describeWith('xmllint')('xmllint', () => {
  it('finds what is written well-formed, with the values in their places', () => {
    const input = encodeSyncMl(richMessage);
    const ask = (xpath: string): string =>
      execFileSync('xmllint', ['--nonet', '--xpath', xpath, '-'], { input, stdio: ['pipe', 'pipe', 'pipe'] })
        .toString('utf8')
        .replace(/\n$/, '');
    const path = (...names: string[]): string => names.map((name) => `/*[local-name()="${name}"]`).join('');
    expect(ask(`namespace-uri(${path('SyncML')})`)).toBe('SYNCML:SYNCML1.2');
    expect(ask(`string(${path('SyncML', 'SyncHdr', 'Source', 'LocName')})`)).toBe('user & co');
    expect(ask(`count(${path('SyncML', 'SyncBody')}/*)`)).toBe(String(richMessage.commands.length + 1));
    expect(
      ask('string(//*[local-name()="Data"]/@*[namespace-uri()="http://schemas.microsoft.com/MobileDevice/MDM"])'),
    ).toBe('0x86000002');
    expect(ask('count(//*[namespace-uri()="syncml:metinf" and not(parent::*[local-name()="Meta"])])')).toBe('0');
    expect(ask('string(//*[local-name()="Atomic"]//*[local-name()="Data"])')).toBe('<wlan name="a&b">\r\n</wlan>');
  });
});
