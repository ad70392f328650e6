import type { WindowsMemory } from '../memory.js';
import type { CspModule } from './module.js';
import { badValue, schemaPath } from './path.js';

const root = './Device/Vendor/MSFT/Reboot';
const dayMs = 86_400_000;

/** Each node of Schedule and how often it comes again. */
const schedules = { Single: undefined, DailyRecurrent: dayMs, WeeklyRecurrent: 7 * dayMs } as const;

/** A date with its time, as Learn has it: `2018-10-25T18:00:00`, with or without a time zone. */
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)?$/;

/** Milliseconds since the epoch. Without a zone it is the device's time, which is UTC here (convention). Undefined: no such moment. */
export function readMoment(text: string): number | undefined {
  if (!moment.test(text)) return undefined;
  const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  const day = Number(text.slice(8, 10));
  if (Number.isNaN(at) || day > new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate())
    return undefined;
  return at;
}

/** Reboot: a restart after the session, or at the moments of its schedule (specs/windows.md §2.0). */
export const rebootModule: CspModule = {
  roots: [root],
  get(node, { tree }) {
    const path = schemaPath(node, 'Reboot');
    if (path === 'RebootNow') return { format: 'null', value: '' };
    const at = readMoment(tree.value(node.uri) ?? '');
    return at === undefined ? undefined : new Date(at).toISOString().replace(/\.\d{3}Z$/, '+00:00');
  },
  judge({ node, value }) {
    if (value === undefined || value.value === '' || !schemaPath(node, 'Reboot').startsWith('Schedule/'))
      return undefined;
    return readMoment(value.value) === undefined
      ? badValue(`“${value.value}” is no date and time of ISO 8601`)
      : undefined;
  },
  written({ node, value }, { tree, memory, ports }) {
    if (value?.value === '') tree.remove(node.uri); // an empty one takes the schedule away
    const now = ports.clock.now();
    const { rebootAt } = memory.data;
    if (rebootAt === undefined || rebootAt > now) plan(memory, (uri) => tree.value(uri), now); // else a restart is under way
    return undefined;
  },
  async exec(_node, _item, { effect }) {
    effect({ kind: 'reboot' });
    return { status: 200 };
  },
};

/**
 * The first restart after the moment `after` that the schedule asks for; undefined where it asks for none. Moments that passed while
 * the device was off are not made up for (convention).
 */
export function nextScheduledReboot(valueAt: (uri: string) => string | undefined, after: number): number | undefined {
  const moments = Object.entries(schedules).flatMap(([name, everyMs]) => {
    const start = readMoment(valueAt(`${root}/Schedule/${name}`) ?? '');
    if (start === undefined) return [];
    if (everyMs === undefined) return start > after ? [start] : [];
    return [start > after ? start : start + (Math.floor((after - start) / everyMs) + 1) * everyMs];
  });
  return moments.length === 0 ? undefined : Math.min(...moments);
}

function plan(memory: WindowsMemory, valueAt: (uri: string) => string | undefined, now: number): void {
  const at = nextScheduledReboot(valueAt, now);
  if (at === undefined) memory.forget('rebootAt');
  else memory.change({ rebootAt: at });
}

/** After a restart: the next one that the schedule asks for is the device's `rebootAt`. */
export function planNextReboot(memory: WindowsMemory, now: number): void {
  const { tree } = memory.data;
  plan(memory, (uri) => tree[uri.toLowerCase()]?.value, now);
}
