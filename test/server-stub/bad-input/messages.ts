// Property lists of every bad kind, at both endpoints of devices.
import { buildBinaryPlist } from '../../../protocol/plist/build-binary.js';
import { row, statusOf } from './row.js';

const lolz = Array.from({ length: 10 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('');
const plists: readonly (readonly [name: string, code: string, body: Buffer | string])[] = [
  ['nothing', 'PLIST_MALFORMED', ''],
  ['text', 'PLIST_MALFORMED', 'hello'],
  ['a truncated message', 'PLIST_MALFORMED', '<plist version="1.0"><dict><key>UDID</key><string>0000'],
  ['arrays 100 000 deep', 'PLIST_LIMIT', `<plist>${'<array>'.repeat(100_000)}`],
  ['dictionaries 20 000 deep', 'PLIST_LIMIT', `<plist>${'<dict><key>a</key>'.repeat(20_000)}`],
  [
    'entities that grow tenfold ten times',
    'PLIST_MALFORMED',
    `<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY e0 "lol">${lolz}]><plist><dict><key>UDID</key><string>&e10;</string></dict></plist>`,
  ],
  [
    'an entity of a file',
    'PLIST_MALFORMED',
    '<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY f SYSTEM "file:///etc/passwd">]><plist><dict><key>UDID</key><string>&f;</string></dict></plist>',
  ],
  ['a binary list of nothing', 'PLIST_MALFORMED', 'bplist00'],
  ['a binary list cut short', 'PLIST_MALFORMED', buildBinaryPlist({ UDID: 'x', Status: 'Idle' }).subarray(0, -10)],
  ['a binary list that holds itself', 'PLIST_', selfish()],
  ['octets that are no text', 'PLIST_MALFORMED', Buffer.from('<plist><string>\xff\xfe</string></plist>', 'latin1')],
  ['a list in the place of a dictionary', 'PLIST_MALFORMED', '<plist><array/></plist>'],
  ['a dictionary without what it needs', 'MDM_MALFORMED', '<plist><dict/></plist>'],
];

/** An array whose one element is the array. */
function selfish(): Buffer {
  const trailer = Buffer.alloc(32);
  trailer[6] = 1; // octets of an offset
  trailer[7] = 1; // octets of a reference
  trailer[15] = 1; // objects
  trailer[31] = 10; // where the offsets begin
  return Buffer.concat([Buffer.from('bplist00'), Buffer.from([0xa1, 0x00]), Buffer.from([8]), trailer]);
}

export const messages = (['/checkin', '/mdm'] as const).flatMap((path) =>
  plists.map(([name, code, body]) =>
    row(`${path}: ${name}`, code, 400, ({ good }) => statusOf(good.put(path, Buffer.from(body)))),
  ),
);
