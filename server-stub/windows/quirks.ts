// Manners of servers that are in use and that Windows gets on with (specs/windows.md §0): what a device has to bear. By measure or by
// reading: Fleet (a fork of it), latchz, MDMatador. With the option `quirks` the stub has them all at once.
//
// - No Final in any message (Fleet, MDMatador).
// - CmdIDs are UUIDs (Fleet).
// - No Status for Alerts (Fleet), none for Replace (latchz); one for Results (MDMatador).
// - MsgRef and CmdRef stand before the CmdID of a Status (latchz).
// - AAUTHDATA is the literal `nonce` (all).
// - Faults of the enrollment services have an Action without a namespace, and their names and values in lower case (Fleet).

/** A UUID of version 4 of sixteen random bytes, as a CmdID of Fleet's. */
export function uuidOf(bytes: Buffer): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** What no Status is given for. */
export const unanswered: ReadonlySet<string> = new Set(['Alert', 'Replace']);

const status = /<Status>(<CmdID>[^<]*<\/CmdID>)(<MsgRef>[^<]*<\/MsgRef><CmdRef>[^<]*<\/CmdRef>)/g;

/** A message in XML with the children of its Statuses in latchz's order. */
export const reordered = (message: Buffer): Buffer =>
  Buffer.from(message.toString('utf8').replace(status, '<Status>$2$1'), 'utf8');

/** A fault as Fleet writes it. */
export const plainFault = (envelope: string): string =>
  envelope
    .replace(/<(\/?)a:Action\b/g, '<$1Action')
    .replace(
      /<(\/?)s:(Fault|Code|Value|Subcode|Reason|Text|Detail)\b/g,
      (_, slash, name) => `<${slash}s:${lower(name)}`,
    )
    .replace(/(<s:value>)([^<]*)/g, (_, tag, value) => tag + lower(value));

const lower = (text: unknown): string => String(text).toLowerCase();
