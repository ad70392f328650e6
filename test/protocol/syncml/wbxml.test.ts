import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SyncMlCommand, SyncMlMessage } from '../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { decodeWbxml, encodeWbxml } from '../../../protocol/syncml/wbxml.js';
import { describeWith, temporaryFolder } from '../../support/programs.js';
import { describeWithFixtures, fixture, hasFixtures } from '../../support/shared.js';
import { deviceMessages, serverMessages } from './captures.js';
import { header, richMessage } from './messages.js';

const liberal = { isLiberal: true };

/** WBXML by hand: text becomes its bytes, numbers are octets. */
const octets = (...parts: readonly (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
const head = [0x02, 0xa4, 0x01, 0x6a] as const;
const inline = (text: string): readonly (number | string)[] => [0x03, text, 0];
const leaf = (token: number, ...content: readonly (number | string)[]) => [token | 0x40, ...content, 0x01];

const hdr = [
  0x6c,
  ...leaf(0x31, ...inline('1.2')),
  ...leaf(0x32, ...inline('DM/1.2')),
  ...leaf(0x25, ...inline('1')),
  ...leaf(0x1b, ...inline('2')),
  ...leaf(0x2e, ...leaf(0x17, ...inline('t'))),
  ...leaf(0x27, ...leaf(0x17, ...inline('s'))),
  0x01,
];
/** A message whose SyncBody holds these octets; of a string table, where one is given. */
const message = (body: readonly (number | string)[], table = ''): Buffer =>
  octets(...head, table.length, table, 0x6d, ...hdr, ...leaf(0x2b, ...body), 0x01);
const commands = (body: readonly (number | string)[], table?: string): readonly SyncMlCommand[] =>
  decodeWbxml(message(body, table)).commands;
const get = (...data: readonly (number | string)[]) => [
  ...leaf(0x13, ...leaf(0x0b, ...inline('2')), ...leaf(0x14, ...leaf(0x0f, ...data))),
];
const dataOf = (...data: readonly (number | string)[]): string | undefined => {
  const [command] = commands(get(...data), 'unused\0tabled\0');
  return command?.verb === 'Get' ? command.items[0]?.data : undefined;
};

describeWithFixtures('what libwbxml wrote', () => {
  it.each([
    ['get-results', 'win11-26200-get-results.xml'],
    ['package1-user', 'win11-26200-package1-user.xml'],
  ])('of %s is the message that its XML is, with and without a string table', (name, xml) => {
    const expected = decodeSyncMl(fixture(`windows/${xml}`));
    for (const form of ['n', 'strtbl'])
      expect(decodeWbxml(fixture(`windows/wbxml/${name}.${form}.wbxml`))).toEqual(expected);
  });

  it.each([
    ['get-results', 'win11-26200-get-results.xml'],
    ['package1-user', 'win11-26200-package1-user.xml'],
  ])('of %s without a string table is what is written, byte for byte', (name, xml) => {
    expect(encodeWbxml(decodeSyncMl(fixture(`windows/${xml}`)))).toEqual(fixture(`windows/wbxml/${name}.n.wbxml`));
  });
});

/** Messages to be judged by libwbxml, which changes line ends in CDATA: those of the fixtures, and one with everything. */
const judged = (): readonly (readonly [string, SyncMlMessage])[] => [
  ['our own with everything', JSON.parse(JSON.stringify(withoutOriginalError(richMessage)).replaceAll('\\r\\n', ''))],
  ...(hasFixtures()
    ? [...deviceMessages(), ...serverMessages()].map(([name, bytes]) => [name, decodeSyncMl(bytes, liberal)] as const)
    : []),
];

const withoutOriginalError = (from: SyncMlMessage): SyncMlMessage => ({
  ...from,
  commands: from.commands.map((command) => {
    if (command.verb !== 'Status') return command;
    const { originalError: _, ...status } = command;
    return status;
  }),
});

describeWith('wbxml2xml')('wbxml2xml and xml2wbxml', () => {
  /** libwbxml drops white space around texts unless it is kept, and writes a DOCTYPE, which we do not read. */
  const toXml = (bytes: Buffer): Buffer => {
    const [from, to] = [join(temporaryFolder(), 'in'), join(temporaryFolder(), 'out')];
    writeFileSync(from, bytes);
    execFileSync('wbxml2xml', ['-k', '-m', '0', '-o', to, from], { stdio: 'pipe' });
    return Buffer.from(readFileSync(to, 'utf8').replace(/<!DOCTYPE[^>]*>/, ''));
  };
  const toWbxml = (xml: Buffer, ...options: string[]): Buffer => {
    const [from, to] = [join(temporaryFolder(), 'in'), join(temporaryFolder(), 'out')];
    writeFileSync(from, xml);
    execFileSync('xml2wbxml', ['-k', ...options, '-v', '1.2', '-o', to, from], { stdio: 'pipe' });
    return readFileSync(to);
  };

  it('read what is written as the same message', () => {
    for (const [name, expected] of judged()) expect(decodeSyncMl(toXml(encodeWbxml(expected))), name).toEqual(expected);
  });

  it('write what is read as the same message, with and without a string table', () => {
    for (const [name, expected] of judged()) {
      const xml = toXml(encodeWbxml(expected));
      expect(decodeWbxml(toWbxml(xml)), name).toEqual(expected);
      expect(decodeWbxml(toWbxml(xml, '-n')), name).toEqual(expected);
    }
  });
});

describe('WBXML', () => {
  it('is read again as what it was', () => {
    expect(decodeWbxml(encodeWbxml(richMessage))).toEqual(withoutOriginalError(richMessage));
    expect(encodeWbxml({ header, commands: [], isFinal: false })).toEqual(
      Buffer.concat([
        octets(...head, 0),
        encodeWbxml({ header, commands: [], isFinal: true }).subarray(5, -4),
        octets(0x2b, 0x01),
      ]),
    );
  });

  it('holds texts as inline strings, by the string table, as entities and as octets', () => {
    expect(dataOf(...inline('a&<b'))).toBe('a&<b');
    expect(dataOf(0x83, 7)).toBe('tabled');
    expect(dataOf(0x02, 0x81, 0x48, ...inline('b'), 0x83, 0x09)).toBe('Èbbled');
    expect(dataOf(0xc3, 3, 'a\0b')).toBe('a\0b');
    expect(dataOf(0xc3, 0)).toBe('');
    expect(dataOf()).toBe('');
  });

  it('has base64 in the place of octets that are no UTF-8, and of those of Format bin', () => {
    expect(dataOf(0xc3, 2, 0xc3, 0x28)).toBe('wyg=');
    const bin: SyncMlCommand = { verb: 'Replace', cmdId: '2', items: [{ meta: { format: 'bin' }, data: 'QUJD/w==' }] };
    const text: SyncMlCommand = { verb: 'Get', cmdId: '3', items: [{ meta: { format: 'bin' }, data: 'QUJD' }] };
    const bytes = encodeWbxml({ header, commands: [bin, text], isFinal: true });
    expect(bytes.includes(octets(0x4f, 0xc3, 4, 'ABC', 0xff, 0x01))).toBe(true);
    expect(bytes.includes(octets(0x4f, 0xc3, 3, 'ABC', 0x01))).toBe(true);
    expect(decodeWbxml(bytes).commands).toEqual([bin, text]);
  });

  it('switches pages where it must, and may do so where it need not', () => {
    const meta = leaf(0x1a, 0x00, 0x01, 0x00, 0x01, ...leaf(0x07, ...inline('int')), 0x00, 0x00);
    const item = leaf(0x14, ...meta, 0x00, 0x00, ...leaf(0x0f, ...inline('1')));
    expect(commands(leaf(0x20, ...leaf(0x0b, ...inline('2')), ...item))).toEqual([
      { verb: 'Replace', cmdId: '2', items: [{ meta: { format: 'int' }, data: '1' }] },
    ]);
  });

  it('names in its string table what has no token, attributes too', () => {
    const table = 'Extra\0msft:originalerror\0';
    expect(commands([0x44, 0x00, ...leaf(0x0b, ...inline('2')), 0x01], table)).toEqual([
      { verb: 'Unknown', name: 'Extra', cmdId: '2' },
    ]);
    const refs = [...leaf(0x1c, ...inline('1')), ...leaf(0x0c, ...inline('5')), ...leaf(0x0a, ...inline('Get'))];
    const data = [0xcf, 0x04, 6, ...inline('0x8600'), ...inline('0002'), 0x01, ...inline('404'), 0x01];
    expect(commands(leaf(0x29, ...leaf(0x0b, ...inline('1')), ...refs, ...data), table)[0]).toMatchObject({
      data: '404',
      originalError: '0x86000002',
    });
  });

  it('of SyncML 1.1, of an unknown public identifier and of one in the string table is read by a device', () => {
    const [, ...rest] = [...message([])];
    const of = (...id: number[]): Buffer => Buffer.from([0x03, ...id, ...rest.slice(2)]);
    expect(decodeWbxml(of(0x9f, 0x53), liberal).header.msgId).toBe('2');
    expect(decodeWbxml(of(0x01), liberal).header.msgId).toBe('2');
    expect(() => decodeWbxml(of(0x9f, 0x53))).toThrow(/public identifier 4051/);
    const name = '-//SYNCML//DTD SyncML 1.2//EN';
    const named = (index: number): Buffer =>
      octets(0x02, 0x00, index, 0x6a, name.length + 1, name, 0x00, 0x6d, ...hdr, ...leaf(0x2b), 0x01);
    expect(decodeWbxml(named(0)).header.msgId).toBe('2');
    expect(() => decodeWbxml(named(3))).toThrow(/public identifier/);
  });

  it.each([
    ['nothing', octets(), 'the bytes end too early'],
    ['XML', octets('<SyncML/>'), 'version octet 60'],
    ['version 1.0', octets(0x00, ...[...message([])].slice(1)), 'version octet 0'],
    ['another charset', octets(0x02, 0xa4, 0x01, 0x04, 0x00, 0x2d), 'charset 4 is not UTF-8'],
    ['a string table that is not there', octets(...head, 9, 'abc'), '9 bytes are said to follow'],
    ['a string table of 4 GiB', octets(...head, 0x8f, 0xff, 0xff, 0xff, 0x7f), '4294967295 bytes are said to follow'],
    ['a number of more than 32 bits', octets(...head, 0x9f, 0xff, 0xff, 0xff, 0x7f), 'more than 32 bits'],
    ['a number without end', octets(...head, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), 'more than 32 bits'],
    ['octets that are not there', message(get(0xc3, 0x7f, 'a')), 'bytes are said to follow'],
    ['a string without end', octets(...head, 0, 0x6d, 0x6c, 0x71, 0x03, '1.2'), 'a string does not end'],
    ['a string that is no UTF-8', message(get(0x03, 0xc3, 0x28, 0)), 'a string is not UTF-8'],
    ['a string beyond the table', message(get(0x83, 3), 'ab\0'), 'nothing at 3 of the string table'],
    ['an entity that is half a pair', message(get(0x02, 0x83, 0xb0, 0x00)), 'entity 55296'],
    ['a page that there is not', message([0x00, 0x02]), 'code page 2'],
    ['a tag that there is not', message([0x30]), '0x30 at'],
    ['a MetInf tag on the wrong page', message([0x3d]), 'is no tag of code page 0'],
    ['a name that is none', message([0x04, 0x00], 'a b\0'), 'is no tag'],
    ['a processing instruction', message([0x43]), '0x43 at'],
    ['an extension', message(get(0xc0)), '0xc0 at'],
    ['an attribute that has a token', message([0x93, 0x05, 0x01]), '0x5 at'],
    ['an end before the root', octets(...head, 0, 0x01), '0x1 at'],
    ['no end', message([]).subarray(0, -1), 'the bytes end too early'],
    ['bytes behind the root', octets(...message([]), 0x01), '1 bytes behind the root'],
    ['elements without end', octets(...head, 0, ...Array.from({ length: 100 }, () => 0x6d)), 'nested deeper than 64'],
  ])('that is %s is refused', (_, bytes, why) => {
    expect(() => decodeWbxml(bytes, liberal)).toThrow(
      expect.objectContaining({ code: 'WBXML_MALFORMED', message: expect.stringContaining(why) }),
    );
  });

  it('that is no message is refused as such', () => {
    expect(() => decodeWbxml(octets(...head, 0, 0x13), liberal)).toThrow(
      expect.objectContaining({ code: 'SYNCML_MALFORMED' }),
    );
  });

  it('does not grow without bound out of a small string table', () => {
    const table = `${'x'.repeat(60_000)}\0`;
    const size = Buffer.from([0x80 | (60_001 >> 14), 0x80 | ((60_001 >> 7) & 0x7f), 60_001 & 0x7f]);
    const body = get(...Array.from({ length: 400 }, () => [0x83, 0x00]).flat());
    const bytes = Buffer.concat([octets(...head), size, octets(table, 0x6d, ...hdr, ...leaf(0x2b, ...body), 0x01)]);
    expect(() => decodeWbxml(bytes, liberal)).toThrow(/characters out of the string table/);
    expect(() => decodeWbxml(message([]), { maxBytes: 20 })).toThrow(/bytes, 20 are allowed/);
  });
});
