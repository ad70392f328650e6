import { execFileSync } from 'node:child_process';
import { PlistReal, type PlistValue } from '../../../protocol/plist/value.js';

/** A value in words that two languages compare alike: `['int', '5']`, `['dict', [[key, value], ...]]`, keys sorted. */
export type Told = readonly [string, unknown];

export function tell(value: PlistValue): Told {
  switch (typeof value) {
    case 'string':
      return ['string', value];
    case 'boolean':
      return ['bool', value];
    case 'number':
    case 'bigint':
      return ['int', String(value)];
  }
  if (Array.isArray(value)) return ['array', value.map(tell)];
  if (value instanceof Date) return ['date', value.getTime() / 1000];
  if (value instanceof PlistReal) return ['real', Number.isNaN(value.value) ? 'nan' : hexOf(value.value)];
  if (value instanceof Uint8Array) return ['data', Buffer.from(value).toString('base64')];
  const entries = Object.keys(value).map((key): [string, Told | null] => {
    const item = value[key];
    return [key, item === undefined ? null : tell(item)];
  });
  return ['dict', entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))];
}

function hexOf(number: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString('hex');
}

const script = `
import base64, datetime, json, plistlib, struct, sys
epoch = datetime.datetime(1970, 1, 1)
def tell(v):
    if isinstance(v, bool): return ['bool', v]
    if isinstance(v, str): return ['string', v]
    if isinstance(v, int): return ['int', str(v)]
    if isinstance(v, float): return ['real', 'nan' if v != v else struct.pack('>d', v).hex()]
    if isinstance(v, datetime.datetime): return ['date', round((v - epoch).total_seconds())]
    if isinstance(v, bytes): return ['data', base64.b64encode(v).decode()]
    if isinstance(v, list): return ['array', [tell(x) for x in v]]
    return ['dict', sorted(([k, tell(x)] for k, x in v.items()), key=lambda e: e[0].encode())]
answers = []
for text in json.load(sys.stdin):
    value = plistlib.loads(base64.b64decode(text))
    forms = [plistlib.dumps(value, fmt=f, sort_keys=False) for f in (plistlib.FMT_XML, plistlib.FMT_BINARY)]
    answers.append([tell(value), *(base64.b64encode(f).decode() for f in forms)])
json.dump(answers, sys.stdout)
`;

/** What Python's plistlib reads in each of these property lists, and the XML and binary it writes of what it read. */
export function askPython(lists: readonly Uint8Array[]): { told: unknown; xml: Buffer; binary: Buffer }[] {
  const input = JSON.stringify(lists.map((bytes) => Buffer.from(bytes).toString('base64')));
  const output = execFileSync('python3', ['-c', script], { input, maxBuffer: 2 ** 28, encoding: 'utf8' });
  const answers = JSON.parse(output) as [unknown, string, string][];
  return answers.map(([told, xml, binary]) => ({
    told,
    xml: Buffer.from(xml, 'base64'),
    binary: Buffer.from(binary, 'base64'),
  }));
}
