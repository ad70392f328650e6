import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { attributeOf, elementOf, elementsOf, textOf, type XmlElement } from '../../../protocol/xml/element.js';
import { readXml, type XmlReading } from '../../../protocol/xml/read.js';

const read = (text: string | Uint8Array, reading?: XmlReading): XmlElement => readXml(Buffer.from(text), reading);
const liberally = { isLiberal: true };

/** The code and message of the refusal; `read` where there is none. */
function verdict(text: string | Uint8Array, reading?: XmlReading): string {
  try {
    read(text, reading);
  } catch (error) {
    return isRollcallError(error) ? `${error.code}: ${error.message}` : `foreign: ${String(error)}`;
  }
  return 'read';
}

const plain = (element: XmlElement): unknown => [
  element.namespace === '' ? element.name : `{${element.namespace}}${element.name}`,
  Object.fromEntries(element.attributes.map(({ name, namespace, value }) => [`${namespace}|${name}`, value])),
  ...element.children.map((child) => (typeof child === 'string' ? child : plain(child))),
];

describe('a document', () => {
  it('is elements with their namespaces, attributes without declarations, and text', () => {
    expect(plain(read('<a xmlns="urn:a" xmlns:p="urn:p" x="1" p:y="2">one<p:b/>two<c xmlns="">three</c></a>'))).toEqual(
      ['{urn:a}a', { '|x': '1', 'urn:p|y': '2' }, 'one', ['{urn:p}b', {}], 'two', ['c', {}, 'three']],
    );
  });

  it('joins text, CDATA and references, and passes comments and instructions over', () => {
    const root = read(
      '<?xml version="1.0"?><!-- c --><a>x&amp;<![CDATA[<y>]]>&#x41;<!-- c -->&#66;<?p i?>z</a><!-- c -->',
    );
    expect(root.children).toEqual(['x&<y>ABz']);
  });

  it('keeps white space, with line ends as line feeds', () => {
    expect(textOf(read('<a> \r\n\t x\r </a>'))).toBe(' \n\t x\n ');
    expect(attributeOf(read('<a x="a&#10;b\tc"/>'), 'x')).toBe('a\nb c');
  });

  it('may have names of JavaScript’s own', () => {
    const root = read(
      '<constructor __proto__="1" toString="2"><__proto__>x</__proto__><hasOwnProperty/></constructor>',
    );
    expect(plain(root)).toEqual([
      'constructor',
      JSON.parse('{"|__proto__":"1","|toString":"2"}'),
      ['__proto__', {}, 'x'],
      ['hasOwnProperty', {}],
    ]);
    expect(plain(read('<a xmlns:__proto__="urn:p"><__proto__:b constructor="1"/></a>'))).toEqual([
      'a',
      {},
      ['{urn:p}b', { '|constructor': '1' }],
    ]);
    expect(verdict('<constructor:a/>')).toMatch(/^XML_MALFORMED: .*unbound/);
    expect(verdict('<a>&constructor;</a>', liberally)).toMatch(/^XML_MALFORMED: .*undefined entity/);
  });

  it('holds letters of all scripts', () => {
    expect(textOf(read('<größe>日本 😀 &#x1F600;</größe>'))).toBe('日本 😀 😀');
  });

  it('answers for its elements', () => {
    const root = read('<a><b>1</b>t<c/><b>2</b></a>');
    expect(elementsOf(root, 'b').map(textOf)).toEqual(['1', '2']);
    expect(elementsOf(root).map(({ name }) => name)).toEqual(['b', 'c', 'b']);
    expect(elementOf(root, 'd')).toBeUndefined();
  });
});

describe('what is no document', () => {
  it.each([
    ['nothing', '', 'there is nothing'],
    ['white space', '  ', 'must contain a root'],
    ['text', 'hello', 'text data outside'],
    ['JSON', '{"error":"not found"}', 'text data outside'],
    ['HTML that is no XML', '<html><br></html>', 'unexpected close tag'],
    ['what is cut before its end', '<s:Envelope xmlns:s="urn:s"><s:Body></s:Body>', 'unclosed tag'],
    ['what is cut within a tag', '<a><b', 'unclosed tag'],
    ['what is cut within a comment', '<a/><!-- ', 'unexpected end'],
    ['two roots', '<a/><b/>', 'one root'],
    ['text behind the root', '<a/>x', 'text data outside'],
    ['tags that do not match', '<a><b></a></b>', 'unexpected close tag'],
    ['a capital that does not match', '<a></A>', 'close'],
    ['an attribute that stands twice', '<a x="1" x="2"/>', 'duplicate attribute'],
    ['one that stands twice by its namespace', '<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', 'duplicate attribute'],
    ['an attribute without quotes', '<a x=1/>', 'unquoted'],
    ['an attribute with a tag in it', '<a x="<"/>', 'disallowed character'],
    ['a control character', '<a>\u0001</a>', 'disallowed character'],
    ['NUL', '<a>\0</a>', 'disallowed character'],
    ['a reference to a control character', '<a>&#1;</a>', 'malformed character entity'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>', 'malformed character entity'],
    ['a reference to a surrogate', '<a>&#xD800;</a>', 'malformed character entity'],
    ['an entity', '<a>&nbsp;</a>', 'undefined entity'],
    ['a bare ampersand', '<a>a & b;</a>', 'disallowed character in entity name'],
    ['CDATA’s end in text', '<a>]]></a>', 'disallowed'],
    ['XML 1.1', '<?xml version="1.1"?><a/>', 'not XML 1.0'],
    ['a declaration behind the beginning', ' <?xml version="1.0"?><a/>', 'start of the document'],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'ISO-8859-1'],
    ['a prefix that nothing can bind', '<a xmlns:p=""/>', 'undefine'],
    ['the prefix xmlns', '<xmlns:a/>', 'xmlns'],
  ])('%s is refused, liberally too', (_, text, why) => {
    expect(verdict(text)).toMatch(/^XML_MALFORMED: /);
    expect(verdict(text)).toContain(why);
    expect(verdict(text, liberally)).toMatch(/^XML_MALFORMED: /);
  });

  it('is refused where it is not UTF-8', () => {
    expect(verdict(Buffer.from('3c613eff3c2f613e', 'hex'))).toBe('XML_MALFORMED: this is not UTF-8');
    expect(verdict(Buffer.from('\ufeff<a/>', 'utf16le'), liberally)).toBe('XML_MALFORMED: this is not UTF-8');
  });

  it.each([
    ['with an external identifier', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['with entities', '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>'],
    ['of HTML', '<!DOCTYPE html><html></html>'],
    ['within the document', '<a><!DOCTYPE a []></a>'],
    [
      'with a bomb',
      `<!DOCTYPE l [<!ENTITY a "ha">${[...'bcdefgh'].map((n, i) => `<!ENTITY ${n} "${`&${'abcdefg'[i]};`.repeat(10)}">`).join('')}]><l>&h;</l>`,
    ],
  ])('a DOCTYPE %s is refused in both ways of reading', (_, text) => {
    expect(verdict(text)).toMatch(/^XML_MALFORMED: .*(?:DOCTYPE|doctype)/);
    expect(verdict(text, liberally)).toMatch(/^XML_MALFORMED: .*(?:DOCTYPE|doctype)/);
  });

  it('is refused by line and column, and in few words', () => {
    expect(verdict('<a>\n  <b></c>\n</a>')).toMatch(/^XML_MALFORMED: 2:\d+: /);
    expect(verdict(`<${'x'.repeat(100_000)}>`).length).toBeLessThan(250);
  });
});

describe('liberal reading', () => {
  it('passes over one byte order mark, which strict reading refuses', () => {
    expect(verdict('\ufeff<a/>', liberally)).toBe('read');
    expect(verdict('\ufeff<?xml version="1.0" encoding="utf-8"?><a/>', liberally)).toBe('read');
    expect(verdict('\ufeff<a/>')).toBe('XML_MALFORMED: a byte order mark');
    expect(verdict('\ufeff\ufeff<a/>', liberally)).toBe('XML_MALFORMED: two byte order marks');
  });

  it('takes prefixes that nothing binds as their own namespaces; strict reading refuses them', () => {
    const text = '<a xmlns="urn:a"><p:b q:x="1"><p:c/></p:b></a>';
    expect(plain(read(text, liberally))).toEqual(['{urn:a}a', {}, ['{p}b', { 'q|x': '1' }, ['{p}c', {}]]]);
    expect(verdict(text)).toMatch(/^XML_MALFORMED: .*unbound namespace prefix/);
  });

  it('lets no other error pass in the words of that one', () => {
    expect(verdict('<unbound></namespace>', liberally)).toMatch(/^XML_MALFORMED/);
    expect(verdict('<a>&unbound namespace prefix: ;</a>', liberally)).toMatch(/^XML_MALFORMED/);
    expect(verdict('<a><p:b></p:c></a>', liberally)).toMatch(/^XML_MALFORMED/);
    expect(verdict('<p:a x="1" p:x="1" p:x="2"/>', liberally)).toMatch(/^XML_MALFORMED: .*duplicate/);
  });

  it('takes bytes for UTF-8 that call themselves UTF-16, and letters of ASCII whatever they call themselves', () => {
    const utf16 = '<?xml version="1.0" encoding="utf-16"?><a>é</a>';
    expect(textOf(read(utf16, liberally))).toBe('é');
    expect(verdict(utf16)).toBe('XML_MALFORMED: the encoding is said to be utf-16');
    expect(verdict('<?xml version="1.0" encoding="ISO-8859-1"?><a>e</a>', liberally)).toBe('read');
    expect(verdict('<?xml version="1.0" encoding="UTF-8"?><a/>')).toBe('read');
  });
});

describe('bounds', () => {
  const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
  const many = (count: number) => `<a>${'<b/>'.repeat(count)}</a>`;
  const attributes = (count: number) => `<a${Array.from({ length: count }, (_, at) => ` x${at}=""`).join('')}/>`;

  it('are those that are asked for', () => {
    expect(verdict(nested(5), { maxDepth: 5 })).toBe('read');
    expect(verdict(nested(6), { maxDepth: 5 })).toBe('XML_LIMIT: elements nested deeper than 5');
    expect(verdict(many(4), { maxElements: 5 })).toBe('read');
    expect(verdict(many(5), { maxElements: 5 })).toBe('XML_LIMIT: more than 5 elements');
    expect(verdict('<a x="" y=""><b z=""/></a>', { maxAttributes: 3 })).toBe('read');
    expect(verdict('<a x="" xmlns:y="u"><b z="" w=""/></a>', { maxAttributes: 3 })).toBe(
      'XML_LIMIT: more than 3 attributes',
    );
    expect(verdict('<a/>', { maxBytes: 4 })).toBe('read');
    expect(verdict('<ab/>', { maxBytes: 4 })).toBe('XML_LIMIT: 5 bytes, 4 are allowed');
  });

  it('stand where none are asked for', () => {
    expect(verdict(nested(64))).toBe('read');
    expect(verdict(nested(65))).toMatch(/^XML_LIMIT/);
    expect(verdict(nested(200_000))).toMatch(/^XML_LIMIT/);
    expect(verdict('<a>'.repeat(200_000))).toMatch(/^XML_LIMIT/);
    expect(verdict(attributes(256))).toBe('read');
    expect(verdict(attributes(257))).toBe('XML_LIMIT: more than 256 attributes of one element');
    expect(verdict(attributes(50_000))).toMatch(/^XML_LIMIT/);
    expect(verdict(many(500_000))).toMatch(/^XML_LIMIT/);
    expect(verdict(Buffer.alloc(4 * 1024 * 1024 + 1, ' '))).toMatch(/^XML_LIMIT/);
  });

  it('hold for prefixes that nothing binds', () => {
    const unbound = (count: number) => `<a>${'<p:b/>'.repeat(count)}</a>`;
    expect(verdict(unbound(2_000), liberally)).toBe('read');
    expect(verdict(unbound(2_001), liberally)).toBe('XML_LIMIT: more than 2000 prefixes that nothing binds');
  });

  it('count attributes of each element anew', () => {
    const element = `<b${Array.from({ length: 200 }, (_, at) => ` x${at}=""`).join('')}/>`;
    expect(verdict(`<a>${element.repeat(3)}</a>`)).toBe('read');
  });
});
