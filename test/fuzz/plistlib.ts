// Python's plistlib as the judge of many property lists at once.
import { execFileSync } from 'node:child_process';

/** What plistlib reads in words (test/protocol/plist/judge.ts), or the name and text of what it throws. */
export type Judged = { readonly told: unknown } | { readonly refused: string };

const script = `
import base64, datetime, json, plistlib, struct, sys
epoch = datetime.datetime(1970, 1, 1)
class Large(Exception): pass
def tell(v, left):
    left[0] -= 1
    if left[0] < 0: raise Large()
    if v is None: return ['null', None]
    if isinstance(v, bool): return ['bool', v]
    if isinstance(v, str): return ['string', v]
    if isinstance(v, int): return ['int', str(v)]
    if isinstance(v, float): return ['real', 'nan' if v != v else struct.pack('>d', v).hex()]
    if isinstance(v, datetime.datetime):
        d = v - epoch
        return ['date', round((d.days * 86400000000 + d.seconds * 1000000 + d.microseconds) / 1000) / 1000]
    if isinstance(v, bytes): return ['data', base64.b64encode(v).decode()]
    if isinstance(v, plistlib.UID): return ['dict', [['CF$UID', ['int', str(v.data)]]]]
    if isinstance(v, list): return ['array', [tell(x, left) for x in v]]
    entries = [[k if isinstance(k, str) else '(no string)', tell(x, left)] for k, x in v.items()]
    return ['dict', sorted(entries, key=lambda e: e[0].encode())]
for line in sys.stdin:
    data = base64.b64decode(line)
    try:
        fmt = plistlib.FMT_BINARY if data[:7] == b'bplist0' else plistlib.FMT_XML
        answer = json.dumps(['told', tell(plistlib.loads(data, fmt=fmt), [20000])])
    except Exception as error:
        answer = json.dumps(['refused', type(error).__name__ + ': ' + str(error)[:200]])
    print(answer)
`;

const batchBytes = 8 * 1024 * 1024;

/** One answer for each list, by as many processes as there are batches of 8 MiB. */
export function askPlistlib(lists: readonly Uint8Array[]): Judged[] {
  const judged: Judged[] = [];
  for (let at = 0; at < lists.length; ) {
    const lines: string[] = [];
    for (let size = 0; at < lists.length && size < batchBytes; at++) {
      const line = Buffer.from(lists[at] ?? []).toString('base64');
      lines.push(line);
      size += line.length;
    }
    const output = execFileSync('python3', ['-c', script], {
      input: `${lines.join('\n')}\n`,
      maxBuffer: 2 ** 29,
      encoding: 'utf8',
    });
    for (const line of output.trimEnd().split('\n')) {
      const [kind, what] = JSON.parse(line) as [string, unknown];
      judged.push(kind === 'told' ? { told: what } : { refused: String(what) });
    }
  }
  return judged;
}
