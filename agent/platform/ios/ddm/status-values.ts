// What predicates read: status items, subscribed to or not, and management properties.
import type { CommandContext } from '../context.js';
import type { SavedDeclaration } from '../saved.js';
import { isObject, judge } from './judge.js';
import type { PredicateFacts } from './predicate.js';
import { capabilities, declarationStatuses } from './report.js';
import { readStatusItem } from './status-items.js';
import { types } from './types.js';

/** Bound of ours on the work of all predicates at one look: there may be two thousand of them. */
const stepsOfALook = 5_000_000;

/** What a device knows at this moment. Of two property declarations that set one key, the later in the manifest counts. */
export function predicateFacts(
  declarations: readonly SavedDeclaration[],
  { device, memory }: Pick<CommandContext, 'device' | 'memory'>,
): PredicateFacts {
  const source = { state: device.state, data: memory.data };
  const properties = new Map<string, unknown>();
  for (const each of declarations)
    if (each.type === types.properties && judge(each).length === 0)
      for (const [key, value] of Object.entries(each.payload)) properties.set(key, value);
  const item = (name: string): unknown => {
    if (name === 'management.declarations') return declarationStatuses(declarations);
    if (name === 'management.client-capabilities') return capabilities();
    return readStatusItem(name, source);
  };
  const read = new Map<string, unknown>();
  const once = (name: string): unknown => {
    if (!read.has(name)) read.set(name, item(name));
    return read.get(name);
  };
  const budget = { steps: stepsOfALook };
  return { budget, status: (name) => below(name, once), property: (name) => below(name, (key) => properties.get(key)) };
}

/** A value by a name with dots: that of the longest name that is known, and below it by the rest of the name. */
export function below(name: string, read: (name: string) => unknown): unknown {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const value = read(name.slice(0, end));
    if (value === undefined) continue;
    return end === name.length ? value : inside(value, name.slice(end + 1));
  }
  return undefined;
}

function inside(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  return below(name, (key) => (Object.hasOwn(value, key) ? value[key] : undefined));
}
