import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { parsePlist, parsePlistDict } from '../../../protocol/plist/parse.js';
import { messageLimits, PlistReal, type PlistValue } from '../../../protocol/plist/value.js';

const wrap = (body: string): Buffer =>
  Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">${body}</plist>`);
const read = (body: string): PlistValue => parsePlist(wrap(body));
const codeOf = (bytes: Uint8Array, limits = messageLimits): string => {
  try {
    parsePlist(bytes, limits);
  } catch (error) {
    return isRollcallError(error) ? error.code : `foreign: ${String(error)}`;
  }
  return 'accepted';
};
const refused = (body: string): string => codeOf(wrap(body));

describe('an XML property list', () => {
  it('gives every type of value', () => {
    const text =
      '<dict><key>s</key><string>a</string><key>i</key><integer>1</integer><key>r</key><real>1</real><key>t</key><true/>' +
      '<key>f</key><false></false><key>d</key><data>AAE=</data><key>w</key><date>2026-01-31T12:00:00Z</date>' +
      '<key>a</key><array><string/><dict/><array></array></array></dict>';
    expect({ ...parsePlistDict(wrap(text)) }).toEqual({
      s: 'a',
      i: 1,
      r: new PlistReal(1),
      t: true,
      f: false,
      d: Buffer.from([0, 1]),
      w: new Date('2026-01-31T12:00:00Z'),
      a: ['', Object.create(null), []],
    });
  });

  it('may begin with a byte order mark, white space, comments, instructions and DOCTYPEs', () => {
    const text = `\ufeff \r\n<!-- a > b -- c --><?php echo "<plist>" ?><!DOCTYPE plist PUBLIC "-//x" 'y'>\n<!DOCTYPE a>\n<plist><true/></plist>`;
    expect(parsePlist(Buffer.from(text))).toBe(true);
  });

  it('is over with its first element: what follows is not looked at', () => {
    for (const rest of ['x', '\0', '<plist><true/></plist>', '\n<!-- ', '<', ' &'])
      expect(parsePlist(Buffer.from(`<plist><true/></plist>${rest}`))).toBe(true);
  });

  it('need not stand in <plist>, which may stand wherever a value may', () => {
    expect(parsePlist(Buffer.from('<dict><key>a</key><plist><plist><true/></plist></plist></dict>'))).toEqual(
      expect.objectContaining({ a: true }),
    );
    expect(parsePlist(Buffer.from('<string>a</string>'))).toBe('a');
    expect(parsePlist(Buffer.from('<array><plist version="1.0"><array/></plist><true/></array>'))).toEqual([[], true]);
  });

  it('has its attributes ignored: a tag ends at its first ">", in quotes or not', () => {
    expect(read(`<string a="/" b = 'x'>x</string>`)).toBe('x');
    expect(read('<string a="<b" />')).toBe('');
    expect(read('<string a=">">x</string>')).toBe('">x');
    expect(read('<array a/>')).toEqual([]);
  });

  it('keeps text as it is: white space, line ends, control characters, CDATA, the five entities, numeric references', () => {
    expect(read('<string> a\n\tb </string>')).toBe(' a\n\tb ');
    expect(read('<string>a\r\nb\rc<![CDATA[\r\n\r]]></string>')).toBe('a\r\nb\rc\r\n\r');
    expect(read('<string>\0\x07<![CDATA[\x1b]]></string>')).toBe('\0\x07\x1b');
    expect(read('<string>x<![CDATA[<&]]]]><![CDATA[>]]>y</string>')).toBe('x<&]]>y');
    expect(read('<string>&lt;&gt;&amp;&quot;&apos;</string>')).toBe('<>&"\'');
    expect(read('<string>&#65;&#x1F600;&#xe9;&#00000013;é😀</string>')).toBe('A😀é\ré😀');
    expect(read('<string>&#0;&#;&#x;&#x1b;&#xFFFF;</string>')).toBe('\0\0\0\x1b\uffff');
    expect(read('<string>&amp;lt;</string>')).toBe('&lt;');
  });

  it('keeps the order of its keys', () => {
    const text = ['z', 'a', 'M', 'é'].map((key) => `<key>${key}</key><true/>`).join('');
    expect(Object.keys(parsePlistDict(wrap(`<dict>${text}</dict>`)))).toEqual(['z', 'a', 'M', 'é']);
  });

  it('lets the last of two equal keys win', () => {
    expect(parsePlistDict(wrap('<dict><key>a</key><true/><key>a</key><false/></dict>'))['a']).toBe(false);
  });

  it('takes a <key> where a value belongs as a string, and an empty one as a key', () => {
    expect(read('<dict><key>a</key><key>b</key><key/><key></key></dict>')).toEqual(
      expect.objectContaining({ a: 'b', '': '' }),
    );
    expect(read('<array><key>a</key></array>')).toEqual(['a']);
    expect(read('<key>a</key>')).toBe('a');
  });

  it('treats the keys __proto__ and constructor as any other', () => {
    const read = parsePlistDict(
      wrap(
        '<dict><key>__proto__</key><dict><key>evil</key><true/></dict><key>constructor</key><string>c</string></dict>',
      ),
    );
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor']);
    expect(read['evil']).toBeUndefined();
    expect(Object.getPrototypeOf(read)).toBeNull();
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });

  it.each([
    ['0', 0],
    ['-0', 0],
    ['+7', 7],
    [' \n-\t12', -12],
    ['\x01\x7f 5', 5],
    ['\u2003\u3000\u200b5', 5],
    ['007', 7],
    ['0xFf', 255],
    ['0X0', 0],
    ['-0x10', -16],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['0xFFFFFFFFFFFFFFFF', 18446744073709551615n],
  ])('reads the integer %s', (text, value) => {
    expect(read(`<integer>${text}</integer>`)).toBe(value);
  });

  it.each([
    '',
    ' ',
    '-',
    '1.5',
    '1e3',
    '1 2',
    '5 ',
    '5\n',
    '--5',
    '&#53;',
    '<![CDATA[5]]>',
    '0x',
    '0x-1',
    '0xg',
    '\u00a05',
    '18446744073709551616',
    '0x10000000000000000',
    '-9223372036854775809',
    '9'.repeat(90),
  ])('refuses the integer "%s"', (text) => {
    expect(refused(`<integer>${text}</integer>`)).toBe('PLIST_MALFORMED');
  });

  it.each([
    ['1', 1],
    ['15.468269348144531', 15.468269348144531],
    ['-.5', -0.5],
    ['+2.', 2],
    [' \n1e-7', 1e-7],
    ['&#49;<![CDATA[0]]>', 10],
    ['1e999', Number.POSITIVE_INFINITY],
    ['nan', Number.NaN],
    ['NaN', Number.NaN],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['+infinity', Number.POSITIVE_INFINITY],
  ])('reads the real %s', (text, value) => {
    expect(read(`<real>${text}</real>`)).toEqual(new PlistReal(value));
  });

  it.each(['', '.', '1,5', '1 ', ' nan', 'inf ', '0x10', '1e', '--1', '+nan', 'Infinit'])(
    'refuses the real "%s"',
    (text) => {
      expect(refused(`<real>${text}</real>`)).toBe('PLIST_MALFORMED');
    },
  );

  it.each([
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
    ['12026-01-01T00:00:00Z', '+012026-01-01T00:00:00Z'],
    ['-1-01-01T00:00:00Z', '-000001-01-01T00:00:00Z'],
    ['1-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['2026-02-30T00:00:00Z', '2026-03-02T00:00:00Z'],
    ['2024-02-30T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['2026-01-00T00:00:00Z', '2025-12-31T00:00:00Z'],
    ['2026-01-01T24:60:61Z', '2026-01-02T01:01:01Z'],
    ['2026-13-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['2024-13-01T00:00:00Z', '2025-01-01T00:00:00Z'],
    ['2026-14-05T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['2024-14-05T00:00:00Z', '2024-01-05T00:00:00Z'],
    ['2026-00-05T00:00:00Z', '2026-01-05T00:00:00Z'],
  ])('reads the date %s', (text, iso) => {
    expect(read(`<date>${text}</date>`)).toEqual(new Date(iso));
  });

  it.each([
    ' 2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z\n',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+0000',
    '2026-1-01T00:00:00Z',
    '2026-01-01T00:00:00.5Z',
    '2026-01-01t00:00:00Z',
    '999999999-01-01T00:00:00Z',
    '99999999999-01-01T00:00:00Z',
    '',
  ])('refuses the date "%s"', (text) => {
    expect(refused(`<date>${text}</date>`)).toBe('PLIST_MALFORMED');
  });

  it('reads data with white space, and passes over what is not base64', () => {
    const bytes = Buffer.from('any carnal pleas');
    const text = bytes.toString('base64');
    expect(read(`<data>\n\t${text.slice(0, 5)} \r\n\t${text.slice(5)}\n</data>`)).toEqual(bytes);
    expect(read(`<data>${text.slice(0, 5)}-_!\x07.${text.slice(5)}</data>`)).toEqual(bytes);
    expect(read('<data></data>')).toEqual(Buffer.alloc(0));
    expect(read('<data> </data>')).toEqual(Buffer.alloc(0));
    expect(read('<data>AA = =</data>')).toEqual(Buffer.from([0]));
  });

  it.each([
    ['the letters of an entity are base64', 'AAAA&#xA;AA', '000000 c40000'],
    ['a group that is not full is dropped', 'AAE', ''],
    ['a group that is not full is dropped at the end', 'AAECA', '000102'],
    ['padding counts as zeros', 'AA==', '00'],
    ['padding after padding', 'AAA=AA==', '0000 00'],
    ['padding that is too much', '====', '00'],
    ['what is foreign ends the padding', 'AA=!=', '0000'],
  ])('reads data as CoreFoundation does: %s', (_name, text, hex) => {
    expect(read(`<data>${text}</data>`)).toEqual(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  });

  it('does not keep the message alive by what was read from it', () => {
    const bytes = Buffer.alloc(200, ' ');
    wrap('<data>AAECAw==</data>').copy(bytes);
    const data = parsePlist(bytes);
    bytes.fill(0);
    expect(data).toEqual(Buffer.from([0, 1, 2, 3]));
    expect(data instanceof Uint8Array && data.buffer).not.toBe(bytes.buffer);
  });

  it('is read from any view of bytes', () => {
    const padded = Buffer.concat([Buffer.from('junk'), wrap('<true/>'), Buffer.from('junk')]);
    expect(parsePlist(new Uint8Array(padded.buffer, padded.byteOffset + 4, padded.length - 8))).toBe(true);
  });
});

describe('an XML property list that is none', () => {
  it.each([
    ['nothing', ''],
    ['JSON', '{"a":1}'],
    ['another root', '<html/>'],
    ['a root with a longer name', '<plistplist><true/></plistplist>'],
    ['an empty root', '<plist/>'],
    ['a root with no value', '<plist version="1.0"></plist>'],
    ['two values', '<plist><true/><true/></plist>'],
    ['no end', '<plist><dict><key>a</key><string>b'],
    ['no end of its root', '<plist><dict></dict>'],
    ['a wrong close tag', '<plist><array></dict></plist>'],
    ['a wrong close tag of text', '<plist><string>a</strinG></plist>'],
    ['text between elements', '<plist><array>x<true/></array></plist>'],
    ['CDATA between elements', '<plist><array><![CDATA[]]></array></plist>'],
    ['a value without key', '<plist><dict><true/></dict></plist>'],
    ['a key without value', '<plist><dict><key>a</key></dict></plist>'],
    ['an unknown element', '<plist><uid>1</uid></plist>'],
    ['an element in capitals', '<plist><True/></plist>'],
    ['a tag with white space behind its slash', '<plist><true/ ></plist>'],
    ['an element within text', '<plist><string>a<true/></string></plist>'],
    ['a comment within text', '<plist><string>a<!-- b -->c</string></plist>'],
    ['a comment within a number', '<plist><integer>1<!-- b --></integer></plist>'],
    ['an instruction within text', '<plist><string>a<?b?></string></plist>'],
    ['a comment within data', '<plist><data>AA<!-- c -->EC</data></plist>'],
    ['CDATA within data', '<plist><data><![CDATA[AAEC]]></data></plist>'],
    ['data that is <data/>', '<plist><data/></plist>'],
    ['<integer/>', '<plist><integer/></plist>'],
    ['<real/>', '<plist><real/></plist>'],
    ['<date/>', '<plist><date/></plist>'],
    ['data beyond ASCII', '<plist><data>Łuk=</data></plist>'],
    ['content in <true>', '<plist><true>yes</true></plist>'],
    ['white space in <true>', '<plist><true> </true></plist>'],
    ['a bare ampersand', '<plist><string>a & b</string></plist>'],
    ['an entity of HTML', '<plist><string>&nbsp;</string></plist>'],
    ['a reference to half a pair', '<plist><string>&#xD800;</string></plist>'],
    ['a reference beyond Unicode', '<plist><string>&#x110000;</string></plist>'],
    ['a reference of nine digits', '<plist><string>&#000000065;</string></plist>'],
    ['a reference with a capital X', '<plist><string>&#X41;</string></plist>'],
    ['a comment without end', '<plist><!-- <true/></plist>'],
    ['an empty comment before the root, whose end CoreFoundation misses', '<!----><plist><true/></plist>'],
    ['CDATA without end', '<plist><string><![CDATA[x</string></plist>'],
    ['an entity declared', '<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>'],
    ['an internal subset that is empty', '<!DOCTYPE plist []><plist><true/></plist>'],
    ['an entity declared without DOCTYPE', '<!ENTITY a "b"><plist><true/></plist>'],
    ['a DOCTYPE with ">" in quotes', '<!DOCTYPE plist "a>b"><plist><true/></plist>'],
    ['a DOCTYPE after the root began', '<plist><!DOCTYPE plist><true/></plist>'],
  ])('%s is PLIST_MALFORMED', (_name, text) => {
    expect(codeOf(Buffer.from(text))).toBe('PLIST_MALFORMED');
  });

  it('says where it went wrong, by line and column', () => {
    const bytes = wrap('\r\n<array>\r<string>é&nbsp;</string></array>');
    expect(() => parsePlist(bytes)).toThrow(
      expect.objectContaining({
        code: 'PLIST_MALFORMED',
        message: expect.stringContaining('(line 4, column 10)'),
        details: { at: bytes.indexOf('&'), line: 4, column: 10 },
      }),
    );
  });

  it('a top that is no dictionary is refused where a dictionary is needed', () => {
    expect(() => parsePlistDict(wrap('<array/>'))).toThrow(expect.objectContaining({ code: 'PLIST_MALFORMED' }));
  });
});

describe('the encoding of an XML property list', () => {
  const text = (encoding: string): string =>
    `<?xml version='1.0' encoding='${encoding}'?><plist><string>é…</string></plist>`;

  it('is said by a byte order mark, whatever is declared', () => {
    for (const marked of [`\ufeff${text('UTF-8')}`, `\ufeff${text('UTF-16')}`]) {
      expect(parsePlist(Buffer.from(marked))).toBe('é…');
      expect(parsePlist(Buffer.from(marked, 'utf16le'))).toBe('é…');
      expect(parsePlist(Buffer.from(marked, 'utf16le').swap16())).toBe('é…');
      const wide = Buffer.concat(
        [...marked].map((character) => {
          const four = Buffer.alloc(4);
          four.writeUInt32BE(character.codePointAt(0) ?? 0);
          return four;
        }),
      );
      expect(parsePlist(wide)).toBe('é…');
      expect(parsePlist(Buffer.from(wide).swap32())).toBe('é…');
    }
  });

  it.each([
    ['utf-8', 'utf8', 'é…'],
    ['UTF8', 'utf8', 'é…'],
  ] as const)('%s is read as declared', (name, written, expected) => {
    expect(parsePlist(Buffer.from(text(name), written))).toBe(expected);
  });

  it.each([
    ['iso-8859-1', [0xe9, 0x85], 'é\x85'],
    ['ISO-8859-1', [0xe9], 'é'],
    ['latin1', [0xe9], 'é'],
    ['windows-1252', [0x85, 0x80, 0x9f, 0xe9], '…€Ÿé'],
    ['cp1252', [0x85], '…'],
    ['macintosh', [0x8e], 'é'],
    ['iso-8859-2', [0xb1], 'ą'],
    ['shift_jis', [0x83, 0x65], 'テ'],
    ['koi8-r', [0xd0], 'п'],
    ['gb18030', [0xc4, 0xe3], '你'],
    ['us-ascii', [0x41], 'A'],
  ])('%s is read as declared, in bytes', (name, bytes, expected) => {
    const [head = '', tail = ''] = text(name).split('é…');
    expect(parsePlist(Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]))).toBe(expected);
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from(text('utf-8'), 'latin1')],
    ['UTF-16 without a mark', Buffer.from(text('utf-16'), 'utf16le')],
    ['UTF-16 that is declared only', Buffer.from(text('utf-16'))],
    ['an encoding that is not known', Buffer.from(text('klingon'))],
    ['bytes beyond declared ASCII', Buffer.from(text('us-ascii'))],
    ['half a surrogate pair in UTF-16', Buffer.from('\ufeff<string>\ud83d</string>', 'utf16le')],
  ])('%s are refused', (_name, bytes) => {
    expect(codeOf(bytes)).toBe('PLIST_MALFORMED');
  });

  it('matters for text only, and takes a lone © of ISO-8859-1 as U+FFFD', () => {
    const bytes = Buffer.from('<!-- \xe9 --><plist a="\xe9"><string>\xa9 \xc3\xa9</string></plist>', 'latin1');
    expect(parsePlist(bytes)).toBe('\ufffd é');
  });
});

describe('what leniency lets pass', () => {
  it.each<[string, string, PlistValue]>([
    ['<data/>', '<data/>', Buffer.alloc(0)],
    ['white space in a date', '<date> 2026-01-31T12:00:00Z\n</date>', new Date('2026-01-31T12:00:00Z')],
    ['white space behind an integer', '<integer>5 </integer>', 5],
    ['white space behind a real', '<real>1.5 </real>', new PlistReal(1.5)],
    ['a comment in text', '<string>a<!-- b -->c</string>', 'ac'],
    ['an instruction in text', '<string>a<?b?>c</string>', 'ac'],
    ['a comment in data', '<data>AA<!-- c -->EC</data>', Buffer.from([0, 1, 2])],
    ['an entity in an integer', '<integer>&#53;</integer>', 5],
    ['white space in <true>', '<true> </true>', true],
  ])('%s', (_name, text, value) => {
    expect(refused(text)).toBe('PLIST_MALFORMED');
    const lifted: string[] = [];
    const bytes = wrap(`<array>${text}<true/></array>`);
    expect(parsePlist(bytes, messageLimits, ({ code }) => lifted.push(code))).toEqual([value, true]);
    expect(new Set(lifted)).toEqual(new Set(['PLIST_MALFORMED']));
  });

  it('is told of as often as it happens, up to twenty times, and nothing else is lifted', () => {
    const lifted: string[] = [];
    const onLifted = ({ message }: { message: string }): unknown => lifted.push(message);
    const bytes = wrap(`<array>${'<data/>'.repeat(50_000)}</array>`);
    expect(parsePlist(bytes, messageLimits, onLifted)).toHaveLength(50_000);
    expect(lifted).toHaveLength(20);
    expect(lifted[0]).toMatch(/^<data\/>.*CoreFoundation.*\(line 2, column \d+\)$/);
    lifted.length = 0;
    expect(() => parsePlist(wrap('<integer>5x</integer>'), messageLimits, onLifted)).toThrow(/line 2/);
    expect(() => parsePlist(wrap('<string>&nbsp;</string>'), messageLimits, onLifted)).toThrow(/entity/);
    expect(lifted).toEqual([]);
  });
});

describe('the limits of an XML property list', () => {
  const limits = { maxBytes: 1000, maxDepth: 3, maxNodes: 5 };

  it('bound its bytes before anything is read', () => {
    expect(codeOf(Buffer.alloc(1000, '<'), limits)).toBe('PLIST_MALFORMED');
    expect(codeOf(Buffer.alloc(1001, '<'), limits)).toBe('PLIST_LIMIT');
  });

  it('bound its depth, of empty containers too', () => {
    expect(codeOf(wrap('<array><array><array/></array></array>'), limits)).toBe('accepted');
    expect(codeOf(wrap('<array><array><array><true/></array></array></array>'), limits)).toBe('accepted');
    expect(codeOf(wrap('<array><array><array><dict/></array></array></array>'), limits)).toBe('PLIST_LIMIT');
  });

  it('bound the number of its values', () => {
    expect(codeOf(wrap(`<array>${'<true/>'.repeat(4)}</array>`), limits)).toBe('accepted');
    expect(codeOf(wrap(`<array>${'<true/>'.repeat(5)}</array>`), limits)).toBe('PLIST_LIMIT');
  });

  it('hold for a mebibyte of open arrays, which does not overflow the stack even without them', () => {
    const deep = Buffer.from(`<plist>${'<array>'.repeat(149_000)}`);
    expect(codeOf(deep)).toBe('PLIST_LIMIT');
    expect(codeOf(deep, { ...messageLimits, maxDepth: 1e9 })).toBe('PLIST_MALFORMED');
  });
});
