import type { WindowsData } from '../saved.js';
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
    memory.change({ restartsFrom: ports.clock.now() }); // moments that had passed when it was written are none
    if (value?.value === '') tree.remove(node.uri); // an empty one takes the schedule away
    return undefined;
  },
  async exec(_node, _item, { effect }) {
    effect({ kind: 'reboot' });
    return { status: 200 };
  },
};

/**
 * The first restart after the moment `after` that the schedule asks for; undefined where it asks for none. Pure: whoever keeps
 * sleeping devices asks when they act next.
 */
export function nextScheduledReboot({ tree }: Pick<WindowsData, 'tree'>, after: number): number | undefined {
  const moments = Object.entries(schedules).flatMap(([name, everyMs]) => {
    const start = readMoment(tree[`${root}/Schedule/${name}`.toLowerCase()]?.value ?? '');
    if (start === undefined) return [];
    if (everyMs === undefined) return start > after ? [start] : [];
    return [start > after ? start : start + (Math.floor((after - start) / everyMs) + 1) * everyMs];
  });
  return moments.length === 0 ? undefined : Math.min(...moments);
}
