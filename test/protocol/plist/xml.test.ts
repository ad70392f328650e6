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

  it('may begin with a byte order mark, white space, comments, instructions and a DOCTYPE with quoted brackets', () => {
    const text = `\ufeff \r\n<!-- a > b --><?php echo "<plist>" ?><!DOCTYPE plist PUBLIC "-//[x]>" 'y>'>\n<plist><true/></plist>\n<!-- end -->\n`;
    expect(parsePlist(Buffer.from(text))).toBe(true);
  });

  it('has its attributes ignored, even when they look like markup', () => {
    expect(read(`<string a="/>" b = '>'>x</string>`)).toBe('x');
    expect(read('<string a="<b>" />')).toBe('');
  });

  it('keeps text as it is: white space, CDATA, the five entities and numeric references', () => {
    expect(read('<string> a\n\tb </string>')).toBe(' a\n\tb ');
    expect(read('<string>x<![CDATA[<&]]]]><![CDATA[>]]>y</string>')).toBe('x<&]]>y');
    expect(read('<string>&lt;&gt;&amp;&quot;&apos;</string>')).toBe('<>&"\'');
    expect(read('<string>&#65;&#x1F600;&#xe9;&#00013;é😀</string>')).toBe('A😀é\ré😀');
    expect(read('<string>a<!-- no -->b<?no?>c</string>')).toBe('abc');
    expect(read('<string>&amp;lt;</string>')).toBe('&lt;');
  });

  it('has its line ends made one line feed (XML 1.0 §2.11), in CDATA too', () => {
    expect(read('<string>a\r\nb\rc<![CDATA[\r\n\r]]></string>')).toBe('a\nb\nc\n\n');
  });

  it('keeps the order of its keys', () => {
    const text = ['z', 'a', 'M', 'é'].map((key) => `<key>${key}</key><true/>`).join('');
    expect(Object.keys(parsePlistDict(wrap(`<dict>${text}</dict>`)))).toEqual(['z', 'a', 'M', 'é']);
  });

  it('lets the last of two equal keys win, as Apple does', () => {
    expect(parsePlistDict(wrap('<dict><key>a</key><true/><key>a</key><false/></dict>'))['a']).toBe(false);
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
    [' -12\n', -12],
    ['007', 7],
    ['0xFf', 255],
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
    '0x',
    '0xg',
    '18446744073709551616',
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
    ['1e-7', 1e-7],
    ['nan', Number.NaN],
    ['NaN', Number.NaN],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['+infinity', Number.POSITIVE_INFINITY],
  ])('reads the real %s', (text, value) => {
    expect(read(`<real>${text}</real>`)).toEqual(new PlistReal(value));
  });

  it.each(['', '.', '1,5', '0x10', '1e', '--1', 'Infinit'])('refuses the real "%s"', (text) => {
    expect(refused(`<real>${text}</real>`)).toBe('PLIST_MALFORMED');
  });

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T24:00:00Z',
    '2026-13-01T00:00:00Z',
    '',
  ])('refuses the date "%s"', (text) => {
    expect(refused(`<date>${text}</date>`)).toBe('PLIST_MALFORMED');
  });

  it('reads a date of the year 1 and of the year 9999', () => {
    expect(read('<date>0001-01-01T00:00:00Z</date>')).toEqual(new Date('0001-01-01T00:00:00Z'));
    expect(read('<date>9999-12-31T23:59:59Z</date>')).toEqual(new Date('9999-12-31T23:59:59Z'));
  });

  it('reads data with white space, written as references or split by a comment', () => {
    const bytes = Buffer.from('any carnal pleas');
    const text = bytes.toString('base64');
    const split = `${text.slice(0, 5)} \r\n\t${text.slice(5)}`;
    expect(read(`<data>\n\t${split}\n</data>`)).toEqual(bytes);
    expect(read(`<data>${text.slice(0, 6)}&#xA;${text.slice(6)}&#13;</data>`)).toEqual(bytes);
    expect(read(`<data>${text.slice(0, 6)}<!-- c -->${text.slice(6)}</data>`)).toEqual(bytes);
    expect(read('<data/>')).toEqual(Buffer.alloc(0));
    expect(read('<data> </data>')).toEqual(Buffer.alloc(0));
    expect(read('<data>AA = =</data>')).toEqual(Buffer.from([0]));
  });

  it('reads data whose padding is missing, as Apple does', () => {
    expect(read('<data>AAE</data>')).toEqual(Buffer.from([0, 1]));
    expect(read('<data>AA=</data>')).toEqual(Buffer.from([0]));
  });

  it.each(['A', 'A===', 'AAAA=', 'AA===', 'AAA==', '====', 'AA==AA==', 'A-_A', 'AAA!', 'Łuk='])(
    'refuses the data "%s"',
    (text) => {
      expect(refused(`<data>${text}</data>`)).toBe('PLIST_MALFORMED');
    },
  );

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
    ['white space', ' \n'],
    ['JSON', '{"a":1}'],
    ['another root', '<html/>'],
    ['a root with a longer name', '<plistplist><true/></plistplist>'],
    ['an empty root', '<plist/>'],
    ['a root with no value', '<plist version="1.0"></plist>'],
    ['two values', '<plist><true/><true/></plist>'],
    ['two roots', '<plist><true/></plist><plist><true/></plist>'],
    ['text after the root', '<plist><true/></plist>x'],
    ['a NUL after the root', '<plist><true/></plist>\0'],
    ['no end', '<plist><dict><key>a</key><string>b'],
    ['a wrong close tag', '<plist><array></dict></plist>'],
    ['a wrong close tag of text', '<plist><string>a</strinG></plist>'],
    ['text between elements', '<plist><array>x<true/></array></plist>'],
    ['CDATA between elements', '<plist><array><![CDATA[]]></array></plist>'],
    ['a key in an array', '<plist><array><key>a</key></array></plist>'],
    ['a key at the top', '<plist><key>a</key></plist>'],
    ['two keys in a row', '<plist><dict><key>a</key><key>b</key></dict></plist>'],
    ['a value without key', '<plist><dict><true/></dict></plist>'],
    ['a key without value', '<plist><dict><key>a</key></dict></plist>'],
    ['an unknown element', '<plist><uid>1</uid></plist>'],
    ['an element in capitals', '<plist><True/></plist>'],
    ['an element within text', '<plist><string>a<true/></string></plist>'],
    ['content in <true>', '<plist><true>yes</true></plist>'],
    ['a bare ampersand', '<plist><string>a & b</string></plist>'],
    ['an entity of HTML', '<plist><string>&nbsp;</string></plist>'],
    ['a reference to nothing', '<plist><string>&#;</string></plist>'],
    ['a reference to NUL', '<plist><string>&#0;</string></plist>'],
    ['a reference to a control character', '<plist><string>&#x1b;</string></plist>'],
    ['a reference to half a pair', '<plist><string>&#xD800;</string></plist>'],
    ['a reference beyond Unicode', '<plist><string>&#x110000;</string></plist>'],
    ['a reference of endless digits', `<plist><string>&#${'9'.repeat(400)};</string></plist>`],
    ['a control character', '<plist><string>a\x07</string></plist>'],
    ['a control character in CDATA', '<plist><string><![CDATA[\x00]]></string></plist>'],
    ['a comment without end', '<plist><!-- <true/></plist>'],
    ['CDATA without end', '<plist><string><![CDATA[x</string></plist>'],
    ['an attribute without end', '<plist version="1.0><true/></plist>'],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><plist><true/></plist>'],
    ['an entity declared', '<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>'],
    ['an internal subset that is empty', '<!DOCTYPE plist []><plist><true/></plist>'],
    ['an entity declared without DOCTYPE', '<!ENTITY a "b"><plist><true/></plist>'],
    ['a DOCTYPE after the root began', '<plist><!DOCTYPE plist><true/></plist>'],
  ])('%s is PLIST_MALFORMED', (_name, text) => {
    expect(codeOf(Buffer.from(text))).toBe('PLIST_MALFORMED');
  });

  it('says where it went wrong', () => {
    expect(() => read('<string>a\x07</string>')).toThrow(
      expect.objectContaining({ code: 'PLIST_MALFORMED', details: { at: wrap('<string>a\x07').indexOf('\x07') } }),
    );
  });

  it('bytes that are not UTF-8, and UTF-16 with or without mark, are PLIST_MALFORMED', () => {
    expect(codeOf(Buffer.from(wrap('<string>\u00e9</string>').toString('utf8'), 'latin1'))).toBe('PLIST_MALFORMED');
    const text = '<plist><true/></plist>';
    expect(codeOf(Buffer.from(text, 'utf16le'))).toBe('PLIST_MALFORMED');
    expect(codeOf(Buffer.from(`\ufeff${text}`, 'utf16le'))).toBe('PLIST_MALFORMED');
    expect(codeOf(Buffer.from(`\ufeff${text}`, 'utf16le').swap16())).toBe('PLIST_MALFORMED');
  });

  it('a top that is no dictionary is refused where a dictionary is needed', () => {
    expect(() => parsePlistDict(wrap('<array/>'))).toThrow(expect.objectContaining({ code: 'PLIST_MALFORMED' }));
  });
});

describe('the limits of an XML property list', () => {
  const limits = { maxBytes: 1000, maxDepth: 3, maxNodes: 5 };

  it('bound its bytes before anything is read', () => {
    expect(codeOf(Buffer.alloc(1000, 'x'), limits)).toBe('PLIST_MALFORMED');
    expect(codeOf(Buffer.alloc(1001, 'x'), limits)).toBe('PLIST_LIMIT');
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
