// Addresses of nodes in the management tree (OMA-TS-DM_TND §4.2, specs/windows.md §1.10): `./Vendor/MSFT/WiFi/Profile/Corp%20Net`.

/** Ours: Windows says of itself that it has no bounds (`./DevDetail/URI/MaxTotLen` 0). */
export const locUriLimits = { maxLength: 8192, maxSegments: 32 };

/**
 * The segments, each percent-decoded, without the root `.`: of `.` and `./` none. Undefined where a device has no such node for
 * certain: a leading `/`, segments that are empty, `.`, `..` or `*` (the last by Learn), control characters, escapes that are none
 * or no UTF-8, or more than the bounds. Whether names are the same is the tree's to say: most are so without regard to case.
 *
 * @example
 * splitLocUri('./Vendor/MSFT/EMAIL2/%7B1-2%7D'); // ['Vendor', 'MSFT', 'EMAIL2', '{1-2}']
 */
export function splitLocUri(uri: string): readonly string[] | undefined {
  if (uri === '.' || uri === './') return [];
  const { maxLength, maxSegments } = locUriLimits;
  if (uri.length === 0 || uri.length > maxLength) return undefined;
  const segments = (uri.startsWith('./') ? uri.slice(2) : uri).split('/', maxSegments + 1);
  if (segments.length > maxSegments) return undefined;
  const decoded: string[] = [];
  for (const segment of segments) {
    const name = decodeSegment(segment);
    if (name === undefined || notNames.has(name) || control.test(name)) return undefined;
    decoded.push(name);
  }
  return decoded;
}

/**
 * The address of these segments, from the root: the canonical form. Windows encodes what is not unreserved (RFC 3986 §2.3),
 * braces too.
 *
 * @example
 * joinLocUri(['Vendor', 'MSFT', 'EMAIL2', '{1-2}']); // './Vendor/MSFT/EMAIL2/%7B1-2%7D'
 */
export const joinLocUri = (segments: readonly string[]): string =>
  segments.length === 0 ? '.' : `./${segments.map(encodeSegment).join('/')}`;

/** One name as it stands in an address, and in the list of children that a Get of an interior node gives. */
export const encodeSegment = (name: string): string =>
  plain.test(name)
    ? name
    : encodeURIComponent(Buffer.from(name, 'utf8').toString('utf8')).replace(
        /[!'()*]/g,
        (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
      );

const notNames: ReadonlySet<string> = new Set(['', '.', '..', '*']);
const plain = /^[\w.~-]*$/;
const control = /[\0-\x1f\x7f-\x9f\ud800-\udfff]/u;

function decodeSegment(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
