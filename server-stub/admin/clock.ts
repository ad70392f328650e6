// The tenant's clock under /stub/v1/clock, by convention: Graph has no word for it.
import { z } from 'zod';
import { readDuration } from '../../base/duration.js';
import type { ClockFollowers } from '../clock-followers.js';
import type { Authorities, Organization } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { clockModes, type TenantClock } from '../tenant-clock.js';
import { type AdminRoute, isoTime, ok, readBody } from './graph.js';

const duration = z.string().transform((text, context) => {
  const isBack = text.trim().startsWith('-');
  const ms = readDuration(isBack ? text.trim().slice(1) : text);
  if (ms !== undefined) return isBack ? -ms : ms;
  context.issues.push({ code: 'custom', message: 'expected a duration such as 8h, 7d or 30m', input: text });
  return z.NEVER;
});

const change = z.strictObject({
  mode: z.enum(clockModes).optional(),
  scale: z.number().optional(),
  advance: duration.optional(),
  now: z.iso.datetime({ offset: true }).optional(),
});
type Change = z.output<typeof change>;

/** Reading asks for no token: a device that follows this clock has none. */
export function clockRoutes(
  clock: TenantClock,
  followers: ClockFollowers,
  tenant: Authorities & Organization,
): AdminRoute[] {
  const path = '/stub/v1/clock';
  const shown = () => ({
    now: isoTime(clock.now()),
    mode: clock.mode,
    scale: clock.scale,
    changes: clock.changes,
    // A23, by convention: who is told the time is told what ends the profiles of a device that stays away.
    profileGraceMs: tenant.settings.profileGraceMs,
    switches: tenant.lastSwitches().map(({ at, ...change }) => ({ at: isoTime(at), ...change })),
  });
  return [
    {
      method: 'GET',
      path,
      who: 'anybody',
      async handle(request) {
        const [changes, after, next] = [readCount(request), readTime(request, 'after'), readNext(request)];
        if (changes !== undefined || after !== undefined) await followers.news({ changes, after, next }, request);
        return ok(shown());
      },
    },
    {
      method: 'POST',
      path,
      async handle(request) {
        await changeClock(clock, readBody(change, request));
        return ok(shown());
      },
    },
  ];
}

async function changeClock(clock: TenantClock, { mode, scale, advance, now }: Change): Promise<void> {
  if (advance !== undefined && now !== undefined) {
    throw stubError('REQUEST_INVALID', 'The clock is either advanced by a duration or moved to a time');
  }
  if (mode !== undefined && (mode === 'scaled') !== (scale !== undefined)) {
    throw stubError('REQUEST_INVALID', 'A scale belongs to the mode scaled, and to that alone');
  }
  if (mode === undefined && scale === undefined && advance === undefined && now === undefined) {
    throw stubError('REQUEST_INVALID', 'Say how the clock is to be changed: mode, scale, advance or now');
  }
  const setting = scale ?? (mode === 'scaled' ? undefined : mode);
  await clock.change({ setting, advance, ...(now !== undefined && { to: Date.parse(now) }) });
}

function readTime(request: StubRequest, name: 'after' | 'next'): number | undefined {
  const text = request.query.get(name);
  if (text === null) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw stubError('REQUEST_INVALID', `"${name}" is no time, such as 2026-11-26T08:00:00Z`);
  return time;
}

/** When something falls due for who follows: a time, or `none`. */
const readNext = (request: StubRequest): number | undefined =>
  request.query.get('next') === 'none' ? Number.POSITIVE_INFINITY : readTime(request, 'next');

function readCount(request: StubRequest): number | undefined {
  const text = request.query.get('changes');
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw stubError('REQUEST_INVALID', '"changes" is no number of changes');
  return Number(text);
}
