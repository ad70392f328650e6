import type { ToldDeclaration } from '../../../model/happening.js';
import type { DeviceView } from '../../driver.js';
import type { SavedDeclaration, SavedReason } from '../saved.js';

/** Tells of each declaration whose state is another than before, and of those that went. */
export function tellOfDeclarations(
  before: readonly SavedDeclaration[],
  after: readonly SavedDeclaration[],
  device: Pick<DeviceView, 'tell'>,
): void {
  const old = new Map(before.map((each) => [nameOf(each), each]));
  for (const each of after) {
    const last = old.get(nameOf(each));
    old.delete(nameOf(each));
    if (last === undefined || summaryOf(last) !== summaryOf(each)) device.tell(toldOf(each));
  }
  for (const { kind, identifier } of old.values())
    device.tell({ type: 'declaration', kind, id: identifier, status: 'removed' });
}

const nameOf = ({ kind, identifier }: SavedDeclaration): string => `${kind} ${identifier}`;
const summaryOf = ({ serverToken, active, valid, reasons }: SavedDeclaration): string =>
  JSON.stringify([serverToken, active, valid, reasons]);

function toldOf(declaration: SavedDeclaration): ToldDeclaration {
  const { kind, identifier, reasons } = declaration;
  const [first] = reasons.filter(({ code }) => !code.startsWith('Info.Echo')); // what was fetched may be anything
  const errors = reasons.filter(({ code }) => code.startsWith('Error.'));
  return {
    type: 'declaration',
    kind,
    id: identifier,
    status: statusOf(declaration),
    ...(first === undefined ? {} : { reason: wordsOf(first) }),
    ...(errors.length === 0
      ? {}
      : { error: errors.map((each) => ({ domain: 'declaration', code: each.code, message: wordsOf(each) })) }),
  };
}

function statusOf({ kind, active, valid }: SavedDeclaration): ToldDeclaration['status'] {
  if (valid === 'invalid') return 'invalid';
  if (valid === 'unknown') return active ? 'waiting' : 'unknown';
  return active || kind === 'management' ? 'active' : 'inactive'; // a management declaration holds without being activated
}

/** The description, and where it says more what stands behind it. */
function wordsOf({ description = '', code, details = {} }: SavedReason): string {
  const { Error: cause, UnknownDeclarationType: type, UnknownPayloadKeys: keys, Predicate: predicate } = details;
  const more = [cause, type, keys, predicate].find((each) => each !== undefined && each !== description);
  const words = description === '' ? code : description;
  return (more === undefined ? words : `${words} ${String(more)}`).slice(0, 500);
}
