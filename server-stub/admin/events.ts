// GET /stub/v1/events: what happens, as Server-Sent Events (HTML Standard, 9.2).
import type { Writable } from 'node:stream';
import { onAbort } from '../../base/abort.js';
import { realClock } from '../../base/clock.js';
import { eventTypes, type TenantEvent } from '../core/event-hub.js';
import type { Events } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { type AdminPorts, type AdminRoute, isoTime, roles } from './graph.js';

/** Followers at the same time. */
const mostFollowers = 64;
/** Events written at once; more wait in the tenant until they are taken. */
const atOnce = 200;
/** So often something is written where nothing happens, so that nobody takes the connection for dead. */
const heartbeatMs = 15_000;

type Ports = Pick<AdminPorts<Events>, 'tenant' | 'store' | 'networkClock' | 'closing'>;

/**
 * `data` of each event is `{ "seq", "at", "type", "deviceId"?, "user"?, ... }`, its `id` the `seq`. Begins with what happens from
 * now on, or after the `seq` in Last-Event-ID or `?after=`; `?type=enrolled,left` and `?deviceId=` choose. Where events between are
 * kept no more a `{ "type": "missed", "after" }` without an id says so, and those that are kept follow.
 */
export function eventRoutes(ports: Ports): AdminRoute[] {
  let followers = 0;
  return [
    {
      method: 'GET',
      path: '/stub/v1/events',
      who: roles,
      handle(request) {
        if (followers >= mostFollowers) throw stubError('STUB_BUSY', `${mostFollowers} follow the events already`);
        const from = startOf(request) ?? ports.tenant.lastEvent();
        const isWanted = choiceOf(request);
        return {
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          stream(to) {
            followers++;
            to.once('close', () => followers--);
            new Follower(to, from, isWanted, ports).start();
          },
        };
      },
    },
  ];
}

function startOf({ headers, query }: StubRequest): number | undefined {
  const text = headers['last-event-id'] || query.get('after');
  if (!text) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw stubError('REQUEST_INVALID', 'Events are numbered: Last-Event-ID is a whole number');
  return Number(text);
}

function choiceOf({ query }: StubRequest): (event: TenantEvent) => boolean {
  const types = new Set(query.get('type')?.split(','));
  for (const type of types) {
    if (!eventTypes.some((known) => known === type))
      throw stubError(
        'REQUEST_INVALID',
        `There is no type of event "${type.slice(0, 50)}", only ${eventTypes.join(', ')}`,
      );
  }
  const deviceId = query.get('deviceId');
  return (event) =>
    (types.size === 0 || types.has(event.type)) &&
    (deviceId === null || event.deviceId === deviceId || event['managedDeviceId'] === deviceId);
}

/** One reader. It has no queue: what it has not taken yet lies in the tenant, with everybody else's. */
class Follower {
  readonly #to: Writable;
  readonly #isWanted: (event: TenantEvent) => boolean;
  readonly #ports: Ports;
  #last: number;
  #isBusy = false;
  #isOver = false;

  constructor(to: Writable, from: number, isWanted: (event: TenantEvent) => boolean, ports: Ports) {
    this.#to = to;
    this.#last = from;
    this.#isWanted = isWanted;
    this.#ports = ports;
  }

  start(): void {
    const { tenant, networkClock = realClock, closing } = this.#ports;
    this.#to.write(`: events after ${this.#last}\n\n`);
    const beat = () => {
      cancel = networkClock.after(heartbeatMs, beat);
      if (!this.#isBusy) this.#to.write(': nothing new\n\n');
    };
    let cancel = networkClock.after(heartbeatMs, beat);
    const forget: (() => void)[] = [tenant.onEvent(() => void this.#writeOn()), () => cancel()];
    const over = () => {
      this.#isOver = true;
      for (const call of forget) call();
    };
    this.#to.once('close', over);
    void this.#writeOn();
    if (closing === undefined) return;
    // What is written to an answer that was ended is an error that nobody hears of, and ends the process.
    const end = () => {
      over();
      this.#to.end();
    };
    forget.push(onAbort(closing, end));
  }

  /** Writes what there is, as it is taken. Nobody hears of a change that is not stored yet; while the disk fails, all goes on. */
  async #writeOn(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const { tenant, store } = this.#ports;
    while (this.#last !== tenant.lastEvent()) {
      await turn(); // what is happening now has saved what it changes by then
      const { events, isWhole } = tenant.eventsAfter(this.#last, atOnce);
      await store?.durable().catch(() => {});
      if (this.#isOver) return;
      const missed = isWhole ? '' : written({ type: 'missed', after: this.#last });
      this.#last = events.at(-1)?.seq ?? tenant.lastEvent();
      const text = missed + events.filter(this.#isWanted).map(shown).join('');
      if (text !== '' && !this.#to.write(text)) await this.#taken();
    }
    this.#isBusy = false;
  }

  /** Resolves once the reader has taken what was written, or has gone. */
  #taken(): Promise<void> {
    return new Promise((resolve) => this.#to.once('drain', resolve).once('close', resolve));
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const shown = (event: TenantEvent): string => `id: ${event.seq}\n${written({ ...event, at: isoTime(event.at) })}`;

const written = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
