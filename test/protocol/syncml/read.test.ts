import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import type { SyncMlCommand } from '../../../protocol/syncml/message.js';
import { decodeSyncMl, type SyncMlReading } from '../../../protocol/syncml/read.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { serverMessages } from './captures.js';

const head =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>2</MsgID><Target><LocURI>t</LocURI></Target>' +
  '<Source><LocURI>s</LocURI></Source></SyncHdr>';
const around = (body: string, header = head): string =>
  `<SyncML xmlns="SYNCML:SYNCML1.2">${header}<SyncBody>${body}<Final/></SyncBody></SyncML>`;
const read = (text: string, reading: SyncMlReading = {}) => decodeSyncMl(Buffer.from(text), reading);
const commandsOf = (body: string, reading: SyncMlReading = { isLiberal: true }): readonly SyncMlCommand[] =>
  read(around(body), reading).commands;

/** The message of the refusal; its code is SYNCML_MALFORMED. */
function refusal(text: string, reading: SyncMlReading = {}): string {
  try {
    read(text, reading);
  } catch (error) {
    if (isRollcallError(error, 'SYNCML_MALFORMED')) return error.message;
    throw error;
  }
  return 'was read';
}
const liberal = { isLiberal: true };

describeWithFixtures('what open servers and Microsoft’s samples hold', () => {
  it.each(serverMessages())('%s is read', (_, bytes) => {
    const { header, commands, isFinal } = decodeSyncMl(bytes, liberal);
    expect(header.sessionId).toMatch(/^\d+$/);
    expect(commands.some(({ verb }) => verb === 'Unknown')).toBe(false);
    expect(isFinal).toBe(true);
  });

  it('latchz’ Statuses, whose CmdID comes third, and its commands in document order', () => {
    const { header, commands } = decodeSyncMl(fixture('windows/servers/latchz/10-syncml.res.xml'), liberal);
    expect(header).toEqual({
      sessionId: '1',
      msgId: '1',
      target: 'CDBD3D05E019430B8BD78B4EC748F1AD',
      source: 'https://localhost:18443/omadm',
    });
    expect(commands.map(({ cmdId }) => cmdId)).toEqual(['1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(commands[0]).toEqual({
      verb: 'Status',
      cmdId: '1',
      msgRef: '1',
      cmdRef: '0',
      cmd: 'SyncHdr',
      targetRefs: ['https://localhost:18443/omadm'],
      sourceRefs: ['CDBD3D05E019430B8BD78B4EC748F1AD'],
      data: '200',
      items: [],
    });
    expect(commands[3]).toEqual({ verb: 'Get', cmdId: '2', items: [{ target: './DevInfo/DevId' }] });
  });

  it('latchz’ commands: a Type without namespace, and a profile that is escaped', () => {
    const { commands } = decodeSyncMl(fixture('windows/servers/latchz/12-commands.res.xml'), liberal);
    expect(commands.slice(2).map(({ verb }) => verb)).toEqual(['Replace', 'Replace', 'Add', 'Exec', 'Get', 'Delete']);
    expect(commands[3]).toEqual({
      verb: 'Replace',
      cmdId: '3',
      items: [
        {
          target: './Vendor/MSFT/WiFi/Profile/Corp%20Net/WlanXml',
          meta: { format: 'chr', type: 'text/plain' },
          data: '<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1"><name>Corp Net</name></WLANProfile>',
        },
      ],
    });
  });

  it('MS-MDM’s Atomic with its members, white space between all elements', () => {
    const { commands } = decodeSyncMl(fixture('windows/msmdm-atomic.xml'));
    expect(commands).toEqual([
      {
        verb: 'Atomic',
        cmdId: '10',
        commands: [
          {
            verb: 'Replace',
            cmdId: '8',
            items: [
              {
                target:
                  './cimv2/MDM_ConfigSetting/MDM_ConfigSetting.SettingName=%22UnEnrollOnCertExpiry%22/SettingValue',
                data: 'true',
              },
            ],
          },
          {
            verb: 'Replace',
            cmdId: '9',
            items: [
              { target: './cimv2/MDM_Restrictions/MDM_Restrictions.Key=%221%22/DataRoamingEnabled', data: 'true' },
            ],
          },
        ],
      },
    ]);
  });

  it('Learn’s Replace, whose address stands between line feeds and whose Type has no namespace; strictly it is refused', () => {
    const text = fixture('windows/learn-diagnosticlog-replace-type-no-ns.xml').toString('utf8');
    expect(refusal(text, liberal)).toBe('SyncML: <SyncML> has no <SyncHdr>');
    const whole = text.replace('<SyncBody>', `${head}<SyncBody>`);
    expect(read(whole, liberal).commands).toEqual([
      {
        verb: 'Replace',
        cmdId: '4',
        items: [
          {
            target:
              './Vendor/MSFT/DiagnosticLog/EtwLog/Collectors/DeviceManagement/Providers/3da494e4-0fe2-415C-b895-fb5265c5c83b/Keywords',
            meta: { format: 'chr', type: 'text/plain' },
            data: '12345678FFFFFFFF',
          },
        ],
      },
    ]);
    expect(refusal(whole)).toBe('SyncML: <Type> in <Meta> is not of syncml:metinf');
  });

  it('Learn’s Alert 1224 of an installation', () => {
    const alert = fixture('windows/learn-edam-alert-1224-win32csp.xml').toString('utf8');
    expect(commandsOf(alert, {})).toEqual([
      {
        verb: 'Alert',
        cmdId: '4',
        data: '1224',
        items: [
          {
            source:
              './Device/Vendor/MSFT/EnterpriseDesktopAppManagement/MSI/{AF9257BA-6BBD-4624-AA9B-0182D50292C3}/DownloadInstall',
            meta: {
              format: 'int',
              type: 'Reversed-Domain-Name:com.microsoft.mdm.win32csp_install',
              mark: 'informational',
            },
            data: '0',
          },
        ],
      },
    ]);
  });
});

describe('a device', () => {
  it.each([
    ['a byte order mark', `\ufeff${around('')}`],
    ['a declaration of UTF-16 over UTF-8', `<?xml version="1.0" encoding="utf-16"?>${around('')}`],
    ['namespace 1.1', around('').replace('SYNCML1.2', 'SYNCML1.1')],
    ['no namespace', around('').replace(' xmlns="SYNCML:SYNCML1.2"', '')],
    [
      'a prefix that nothing binds',
      around('')
        .replace(' xmlns="SYNCML:SYNCML1.2"', '')
        .replace(/<(\/?)/g, '<$1D:'),
    ],
    [
      'VerProto and VerDTD that are others',
      around('').replace('DM/1.2', 'DM/1.1').replace('1.2</VerDTD>', '1.1</VerDTD>'),
    ],
    ['no VerDTD', around('').replace('<VerDTD>1.2</VerDTD>', '')],
    ['elements that it does not know', around('').replace('</SyncHdr>', '<Extra>x</Extra></SyncHdr>')],
    ['no Source', around('').replace('<Source><LocURI>s</LocURI></Source>', '')],
  ])('takes %s, a server does not', (_, text) => {
    expect(read(text, liberal).header).toMatchObject({ sessionId: '1', msgId: '2', target: 't' });
    expect(() => read(text)).toThrow();
  });

  it('takes commands without CmdID, a server does not', () => {
    const body = '<Replace><CmdID/><Item><Target><LocURI>./A</LocURI></Target></Item></Replace><Atomic><Get/></Atomic>';
    expect(commandsOf(body)).toEqual([
      { verb: 'Replace', items: [{ target: './A' }] },
      { verb: 'Atomic', commands: [{ verb: 'Get', items: [] }] },
    ]);
    expect(refusal(around(body))).toBe('SyncML: <Replace> has no <CmdID>');
  });

  it('takes CmdIDs as they are, twice the same too', () => {
    const body = '<Get><CmdID> f5586490-4eed </CmdID></Get><Get><CmdID>f5586490-4eed</CmdID></Get>';
    expect(commandsOf(body).map(({ cmdId }) => cmdId)).toEqual(['f5586490-4eed', 'f5586490-4eed']);
  });

  it('passes over a Status without references, and numbers that are none', () => {
    expect(commandsOf('<Status><Data>abc</Data></Status>')[0]).toMatchObject({ msgRef: '', cmdRef: '', data: 'abc' });
    const size = '<Get><Item><Meta><Size>-1</Size><MaxMsgSize>4096</MaxMsgSize></Meta></Item></Get>';
    expect(commandsOf(size)[0]).toEqual({ verb: 'Get', items: [{ meta: { maxMsgSize: 4096 } }] });
    expect(
      refusal(around('<Get><CmdID>1</CmdID><Item><Meta><Size xmlns="syncml:metinf">-1</Size></Meta></Item></Get>')),
    ).toBe('SyncML: <Size> is "-1", not a number');
  });

  it('finds MetInf around what is in Meta', () => {
    const meta = '<Meta><MetInf xmlns="syncml:metinf"><Format>b64</Format></MetInf></Meta>';
    const body = `<Add><CmdID>2</CmdID><Item>${meta}</Item></Add>`;
    for (const reading of [{}, liberal]) {
      expect(commandsOf(body, reading)).toEqual([{ verb: 'Add', cmdId: '2', items: [{ meta: { format: 'b64' } }] }]);
    }
  });

  it('knows what is no command by its name', () => {
    expect(
      commandsOf('<Put><CmdID>2</CmdID></Put><nonsense/><Atomic><CmdID>3</CmdID><Status/><Put/></Atomic>'),
    ).toEqual([
      { verb: 'Unknown', name: 'Put', cmdId: '2' },
      { verb: 'Unknown', name: 'nonsense' },
      {
        verb: 'Atomic',
        cmdId: '3',
        commands: [
          { verb: 'Unknown', name: 'Status' },
          { verb: 'Unknown', name: 'Put' },
        ],
      },
    ]);
  });

  it('tells a message without Final from one with it', () => {
    expect(read(around('').replace('<Final/>', ''), liberal).isFinal).toBe(false);
    expect(read(around(''), liberal).isFinal).toBe(true);
  });
});

describe('Data', () => {
  const dataOf = (data: string): string | undefined => {
    const [command] = commandsOf(`<Replace><CmdID>2</CmdID><Item>${data}</Item></Replace>`, {});
    return command?.verb === 'Replace' ? command.items[0]?.data : undefined;
  };

  it.each([
    ['escaped', '<Data>&lt;a b="c"/&gt;&#13;</Data>', '<a b="c"/>\r'],
    ['a CDATA section', '<Data><![CDATA[<a>&amp;</a>]]></Data>', '<a>&amp;</a>'],
    ['several sections and text', '<Data>1<![CDATA[<a>]]>2<!-- not this --><![CDATA[</a>]]> </Data>', '1<a>2</a> '],
    ['nothing', '<Data/>', ''],
    ['white space', '<Data>\n 1 </Data>', '\n 1 '],
    ['markup', '<Data><MSI id="&quot;1&lt;"><X/>a&amp;b</MSI></Data>', '<MSI id="&quot;1&lt;"><X/>a&amp;b</MSI>'],
    ['markup with text around it', '<Data> &lt;<b>x</b>\n</Data>', ' &lt;<b>x</b>\n'],
    [
      'markup of another namespace',
      '<Data><W xmlns="urn:w"><name>a</name><v3 xmlns="urn:v3"><x/></v3><y/></W></Data>',
      '<W xmlns="urn:w"><name>a</name><v3 xmlns="urn:v3"><x/></v3><y/></W>',
    ],
    [
      'markup with prefixes',
      '<Data><p:W xmlns:p="urn:w" xmlns:q="urn:q" q:at="1" xml:lang="en"><p:x/></p:W></Data>',
      '<W xmlns="urn:w" xmlns:n0="urn:q" n0:at="1" xml:lang="en"><x/></W>',
    ],
    [
      'markup that leaves its namespace',
      '<Data><W xmlns="urn:w"><x xmlns=""/></W></Data>',
      '<W xmlns="urn:w"><x xmlns=""/></W>',
    ],
  ])('of %s is text', (_, data, text) => {
    expect(dataOf(data)).toBe(text);
  });

  it('is absent where there is none', () => {
    expect(dataOf('<Target><LocURI>./A</LocURI></Target>')).toBeUndefined();
  });
});

describe('a server', () => {
  const status = (parts: string): string => around(`<Status><CmdID>1</CmdID>${parts}</Status>`);
  const refs = '<MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>';

  it.each([
    ['another root', '<SyncMl/>', 'the root is "SyncMl", not SyncML'],
    [
      'another namespace',
      around('').replace('SYNCML1.2', 'SYNCML1.3'),
      'the namespace is "SYNCML:SYNCML1.3", not SYNCML:SYNCML1.2',
    ],
    ['no SyncBody', `<SyncML xmlns="SYNCML:SYNCML1.2">${head}</SyncML>`, '<SyncML> has no <SyncBody>'],
    ['no MsgID', around('').replace('<MsgID>2</MsgID>', ''), '<SyncHdr> has no <MsgID>'],
    ['an empty SessionID', around('').replace('<SessionID>1', '<SessionID>'), '<SyncHdr> has no <SessionID>'],
    ['two MsgIDs', around('').replace('<MsgID>', '<MsgID>1</MsgID><MsgID>'), '<SyncHdr> has two <MsgID>'],
    ['another VerProto', around('').replace('DM/1.2', 'DM/1.3'), 'VerProto is "DM/1.3", not DM/1.2'],
    ['text between commands', around('x'), '<SyncBody> holds text between its elements'],
    ['text in a command', around('<Get><CmdID>1</CmdID>x<Item/></Get>'), '<Get> holds text between its elements'],
    ['a command of another namespace', around('<Get xmlns="urn:x"/>'), '<Get> is of the namespace "urn:x"'],
    ['an element that it does not know', around('<Get><CmdID>1</CmdID><Itm/></Get>'), '<Get> has an element "Itm"'],
    ['a Get of nothing', around('<Get><CmdID>1</CmdID></Get>'), '<Get> has no <Item>'],
    [
      'Results without Item',
      around('<Results><CmdID>1</CmdID><CmdRef>1</CmdRef></Results>'),
      '<Results> has no <Item>',
    ],
    ['an Alert without code', around('<Alert><CmdID>1</CmdID></Alert>'), '<Alert> has no <Data>'],
    ['a Status that is no number', status(`${refs}<Data>OK</Data>`), 'the Data of a Status is "OK", not a status code'],
    ['a Status without CmdRef', status('<MsgRef>1</MsgRef><Cmd>Get</Cmd><Data>200</Data>'), '<Status> has no <CmdRef>'],
  ])('refuses %s', (_, text, why) => {
    expect(refusal(text)).toBe(`SyncML: ${why}`);
  });

  it.each([liberal, {}])('and a device refuse what is another protocol’s (%o)', (reading) => {
    expect(refusal('<Envelope/>', reading)).toBe('SyncML: the root is "Envelope", not SyncML');
    expect(refusal(around('').replace('SYNCML:SYNCML1.2', 'urn:other'), reading)).toMatch(/namespace is "urn:other"/);
    expect(() => read('<SyncML', reading)).toThrow(expect.objectContaining({ code: 'XML_MALFORMED' }));
    expect(() => read('', reading)).toThrow(expect.objectContaining({ code: 'XML_MALFORMED' }));
    expect(() => read(`<!DOCTYPE SyncML>${around('')}`, reading)).toThrow(
      expect.objectContaining({ code: 'XML_MALFORMED' }),
    );
  });
});

describe('a message beyond its bounds', () => {
  it('is refused: bytes, commands, Items, groups in groups, depth of elements', () => {
    const get = '<Get><CmdID>1</CmdID><Item/></Get>';
    expect(() => read(around(''), { maxBytes: 100 })).toThrow(expect.objectContaining({ code: 'XML_LIMIT' }));
    const inGroup = `<Atomic><CmdID>1</CmdID>${get}${get}</Atomic>`;
    expect(commandsOf(inGroup, { maxCommands: 3 })).toHaveLength(1);
    expect(refusal(around(inGroup), { maxCommands: 2 })).toBe('SyncML: holds more commands than are read');
    expect(commandsOf(get + get, { maxItems: 2 })).toHaveLength(2);
    expect(refusal(around(get + get), { maxItems: 1 })).toBe('SyncML: holds more Items than are read');
    const nested = (depth: number): string => `${'<Sequence>'.repeat(depth)}${'</Sequence>'.repeat(depth)}`;
    expect(commandsOf(nested(8))).toHaveLength(1);
    expect(refusal(around(nested(9)), liberal)).toBe('SyncML: <Sequence> lies more than 8 deep');
    expect(() => commandsOf(`<Add><Item><Data>${'<a>'.repeat(70)}${'</a>'.repeat(70)}</Data></Item></Add>`)).toThrow(
      expect.objectContaining({ code: 'XML_LIMIT' }),
    );
  });

  it('shows no more of itself in the refusal than a line', () => {
    expect(refusal(around(`<Get><CmdID>1</CmdID><${'x'.repeat(5000)}/></Get>`)).length).toBeLessThan(100);
    expect(refusal(`<${'x'.repeat(5000)}/>`).length).toBeLessThan(100);
  });
});
