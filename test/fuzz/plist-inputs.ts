// Property lists with one thing or two that readers may take differently, for two readers to be compared over.
import type { Random } from './law.js';

const oneOf = <T>(items: readonly [T, ...T[]], random: Random): T => items[random(items.length)] ?? items[0];

// biome-ignore format: a table
const pieces = [
  '', '0', '1', '12', '-', '+', '0x', '1F', '.', 'e', '1e3', '-1.5', '_', 'nan', 'inf', '+infinity', '18446744073709551615', '9223372036854775808', ' ', '\n', '\t',
  '2026-01-31T12:00:00Z', '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '12026-01-01T00:00:00Z', '-0001-01-01T00:00:00Z', '2026-13-01T24:61:61Z', '2026Z', '2026-01Z',
  'AAEC', 'AA==', 'AAE=', 'AAE', 'AAAA', '=', '-_', '!', 'é', '😀', '\xa0', '\u2003', '\r', '\r\n', '\0', '\x07', '\ufffe', '&amp;', '&lt;', '&apos;', '&#10;', '&#xA;', '&#65;',
  '&#x1F600;', '&#0;', '&#xD800;', '&#x110000;', '&#00000000065;', '&#;', '&nbsp;', '&', ']]>', '<![CDATA[x]]>', '<![CDATA[]]>', '<!-- c -->', '<!-- -- -->', '<?pi x?>', '<b/>', 'text',
] as const;
const names = [
  'string',
  'integer',
  'real',
  'date',
  'data',
  'true',
  'false',
  'key',
  'string',
  'integer',
  'data',
] as const;
const suited = {
  string: ['a', 'é', '&amp;', '<![CDATA[x]]>', '\r\n', ' '],
  integer: ['1', '0', '-1', '0x1F', ' 5', '5 ', '+1', '1_0', '18446744073709551615'],
  real: ['1', '-1.5', '1e3', 'nan', '+infinity', ' 1', '1 ', '.5'],
  date: [
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z ',
    '2026-02-30T00:00:00Z',
    '2026Z',
    '0000-01-01T00:00:00Z',
    '12026-01-01T00:00:00Z',
  ],
  data: ['AAEC', 'AA==', 'AAE=', '\n', 'AAE', '&#10;', '!', '<!-- c -->'],
  true: ['', ' ', 'x'],
  false: ['', ' '],
  key: ['a', 'b'],
} as const;
const attributes = ['', '', '', '', '', ' a="b"', ' a', ' a=">"', ' a="<"', " a='/'", ' '] as const;
const between = [
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '\n',
  'x',
  '<!-- c -->',
  '<!---->',
  '<!-- -- -->',
  '<?pi?>',
  '&#32;',
  '<![CDATA[]]>',
  '\0',
] as const;
const heads = [
  '',
  '',
  '',
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<?xml version="1.0"?>',
  "<?xml version='1.0' encoding='iso-8859-1'?>",
  '<?xml version="1.0" encoding="utf-16"?>',
  '<?xml encoding="UTF-8"?>',
  '<?xml version="1.0" encoding="klingon"?>',
  '<?xml version="1.0" encoding="us-ascii"?>',
  '\ufeff',
  ' ',
  '<!---->',
  '<!-- c -->',
  '<!DOCTYPE plist>',
  '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
  '<!DOCTYPE plist SYSTEM "a>b">',
  '<!DOCTYPE plist []>',
  '<!DOCTYPE plist [<!ENTITY a "b">]>',
  'x',
] as const;
const tails = ['', '', '', '\n', 'x', '\0', '<!-- c -->', '<plist/>', '<'] as const;

/** An element of a kind with some content that suits it, or does not. */
function element(random: Random, depth: number): string {
  const choice = random(10);
  if (depth < 4 && choice === 0)
    return `<array${oneOf(attributes, random)}>${list(random, depth + 1, element)}</array>`;
  if (depth < 4 && choice === 1) return `<dict>${list(random, depth + 1, entry)}</dict>`;
  if (depth < 4 && choice === 2 && random(3) === 0) return `<plist>${list(random, depth + 1, element)}</plist>`;
  const name = oneOf(names, random);
  if (random(6) === 0) return `<${name}${oneOf(attributes, random)}/>`;
  const content = Array.from({ length: name === 'true' || name === 'false' ? random(3) >> 1 : random(4) }, () =>
    random(3) === 0 ? oneOf(pieces, random) : oneOf(suited[name], random),
  ).join('');
  return `<${name}${oneOf(attributes, random)}>${content}</${name}${random(12) === 0 ? ' ' : ''}>`;
}

function entry(random: Random, depth: number): string {
  const key = random(8) === 0 ? '' : `<key>${oneOf(['a', 'b', '', 'é', '__proto__', 'CF$UID'], random)}</key>`;
  return key + oneOf(between, random) + (random(10) === 0 ? '' : element(random, depth));
}

const list = (random: Random, depth: number, make: (random: Random, depth: number) => string): string =>
  Array.from({ length: random(4) }, () => make(random, depth) + oneOf(between, random)).join('');

/** XML, now and then in another encoding than it says, or none. */
export function xmlInput(random: Random): Buffer {
  const value = element(random, 0);
  const root = random(8) === 0 ? value : `<plist version="1.0">${value}</plist>`;
  const text = (random(3) === 0 ? oneOf(heads, random) : '') + root + (random(6) === 0 ? oneOf(tails, random) : '');
  switch (random(12)) {
    case 0:
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 1:
      return Buffer.from(text, 'latin1');
    default:
      return Buffer.from(text);
  }
}

// biome-ignore format: a table
const objects = [
  '00', '08', '09', '0f', '10ff', '11ffff', '12ffffffff', '13ffffffffffffffff', '14ffffffffffffffff0000000000000005', '140000000000000000ffffffffffffffff', '15', '223fc00000', '237ff8000000000000',
  '33bff0000000000000', '337ff8000000000000', '33426d1a94a2000000', '40', '4100', '4f100100', '50', '5161', '51e9', '5f100161', '5f18000161', '6100e9', '61d83d', '8001', '840100000000', 'b0', 'c0', 'f0',
  'a0', 'a101', 'a20102', 'a10001', 'd0', 'd10102', 'd201010203', 'd1010f', 'd10203',
] as const;

/** A binary list of a few objects that refer to each other, with a trailer that may lie. */
export function binaryInput(random: Random): Buffer {
  const bodies = Array.from({ length: 1 + random(6) }, (_, index) =>
    Buffer.from(
      index === 0 && random(3) > 0 ? oneOf(['a101', 'a20102', 'd10102', 'd201010203'], random) : oneOf(objects, random),
      'hex',
    ),
  );
  let at = 8;
  const offsets = bodies.map((body) => {
    at += body.length;
    return at - body.length;
  });
  const trailer = Buffer.alloc(32);
  trailer.set([1, 1], 6);
  trailer.writeBigUInt64BE(BigInt(bodies.length), 8);
  trailer.writeBigUInt64BE(BigInt(at), 24);
  const bytes = Buffer.concat([Buffer.from('bplist00'), ...bodies, Buffer.from(offsets), trailer]);
  if (random(6) === 0) bytes[bytes.length - 1 - random(40)] = random(256);
  if (random(20) === 0) bytes.write(oneOf(['bplist01', 'bplist0?', 'bplist15'], random));
  return bytes;
}
