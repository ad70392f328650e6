import { agentError } from '../../agent/errors.js';
import { seededRandom } from '../../agent/io/random.js';
import type { ToldCommand } from '../../agent/model/happening.js';
import type { Http, HttpAnswer, HttpRequest, Keys, Ports } from '../../agent/model/ports.js';
import type { SavedLink } from '../../agent/model/state.js';
import type {
  CheckInReason,
  DeviceView,
  Invitation,
  Link,
  LocalReport,
  PlannedCheckIn,
  Platform,
  SessionReport,
} from '../../agent/platform/driver.js';
import { defaultRetry, nextOfTiers, type RetryPolicy, type Tier } from '../../agent/platform/schedule.js';
import { onAbort } from '../../base/abort.js';
import { manualClock } from '../../base/clock.js';
import { baseError } from '../../base/errors.js';
import { memoryLog } from '../../base/log.js';
import type { Command, Outcome } from '../../protocol/vocabulary.js';
import { someFacts } from './devices.js';

/** What a link of the fake platform keeps. */
interface FakeData {
  readonly sessions: number;
  readonly enrolledAt: number;
  readonly renewedAt?: number;
  readonly removed?: number;
}

type Answer = 'busy' | 'lost' | 'disown' | 'hang' | 'bug';

/** An authority with no wire: what a test wants it to do next, and what the device did. */
export class FakeAuthority {
  commands: Command[] = [];
  outcomes: Outcome[] = [];
  /** Commands that its links have told of. */
  told = 0;
  /** How the next sessions go wrong, in order; the last command of a broken session was applied. */
  failures: Answer[] = [];
  enrollFailures: Answer[] = [];
  /** Installed by the enrollment itself. */
  first: Command[] = [];
  next: Invitation | undefined;
  sessions = 0;
  localActs = 0;
  atOnce = 0;
  mostAtOnce = 0;
  enrolled: Invitation[] = [];
  goodbyes: string[] = [];
  forgotten: string[] = [];
  listening = 0;
  readonly #waiting: (() => void)[] = [];
  #kept = false;
  /** Why each session was held. */
  readonly reasons: CheckInReason[] = [];
  /** What its links do by themselves; none by default, as iOS. */
  schedule: FakeSchedule = {};
  /** Called in the middle of each session. */
  during: () => void | Promise<void> = () => {};

  wake(): void {
    if (this.#waiting.length === 0) this.#kept = true;
    for (const ring of this.#waiting.splice(0)) ring();
  }

  async *wakeups(signal: AbortSignal): AsyncGenerator<void> {
    this.listening++;
    try {
      while (!signal.aborted) {
        if (!this.#kept)
          await new Promise<void>((resolve) => {
            const forget = onAbort(signal, resolve);
            this.#waiting.push(() => {
              forget();
              this.#kept = true;
              resolve();
            });
          });
        if (signal.aborted) return;
        this.#kept = false;
        yield;
      }
    } finally {
      this.listening--;
    }
  }

  async fail(answer: Answer | undefined, signal: AbortSignal): Promise<void> {
    if (answer === 'busy') throw agentError('AUTHORITY_BUSY', 'answered 503');
    if (answer === 'lost') throw agentError('TRANSPORT_LOST', 'no answer');
    if (answer === 'disown') throw agentError('CHECKIN_REFUSED', 'answered 401');
    if (answer === 'bug') throw new TypeError('x is not a function');
    if (answer === 'hang')
      await new Promise<void>((_, reject) => onAbort(signal, () => reject(baseError('INTERRUPTED', 'stopped'))));
  }
}

/** A schedule in the manner of Windows: poll tiers and a renewal, counted from the enrollment; things that expire. */
export interface FakeSchedule {
  readonly tiers?: readonly Tier[];
  /** Holds its first session at once after an enrollment. */
  readonly begins?: true;
  /** The window in which the certificate is renewed: from here on each session does it, tried again every so often. */
  readonly renewal?: { readonly afterMs: number; readonly everyMs: number };
  readonly retry?: RetryPolicy;
  /** Checks in when somebody signs in. */
  readonly checksInAtSignIn?: boolean;
  /** Names of held profiles, and how long after the enrollment each goes by itself. `management`: the enrollment itself. */
  readonly expires?: Readonly<Record<string, number>>;
  /** Unenrolls without a word when there was no session for so long. */
  readonly lostContactMs?: number;
}

/** A platform whose driver talks to a FakeAuthority. NotNow while locked, as iOS. */
export function fakePlatform(authority: FakeAuthority): Platform {
  let now = () => 0;
  const open = (label: string, device: DeviceView, data: FakeData): Link => {
    const isLocked = (): boolean => device.state.condition.locked && device.state.condition.passcode !== undefined;
    let saved: SavedLink = { platform: 'ios', authority: label, origin: 'https://gate.test', data };
    const learn = (change: Partial<FakeData>): void => {
      saved = { ...saved, data: { ...(saved.data as FakeData), ...change } };
    };
    const known = () => saved.data as FakeData;
    const { begins, tiers = [], renewal, expires = {}, lostContactMs, retry = defaultRetry } = authority.schedule;
    const lostAt = () =>
      lostContactMs === undefined ? undefined : (device.state.lastCheckInAt ?? known().enrolledAt) + lostContactMs;
    return {
      retry,
      ...(authority.schedule.checksInAtSignIn === undefined
        ? {}
        : { checksInAtSignIn: authority.schedule.checksInAtSignIn }),
      wakeAsk: undefined,
      nextCheckIn(after): PlannedCheckIn | undefined {
        const { enrolledAt, renewedAt } = known();
        if (begins && after < enrolledAt) return { at: enrolledAt, reason: 'enrolled' };
        const poll = nextOfTiers(tiers, enrolledAt, after);
        const renew =
          renewal === undefined
            ? undefined
            : nextOfTiers(
                [{ everyMs: renewal.everyMs }],
                (renewedAt ?? enrolledAt) + renewal.afterMs - renewal.everyMs,
                after,
              );
        if (renew !== undefined && renew <= (poll ?? renew)) return { at: renew, reason: 'renewal-due' };
        return poll === undefined ? undefined : { at: poll, reason: 'scheduled' };
      },
      nextLocalAct(after) {
        const { enrolledAt } = known();
        const held = new Set(['management', ...device.state.holdings.map(({ profile }) => profile.name)]);
        const moments = Object.entries(expires).flatMap(([name, ms]) => (held.has(name) ? [enrolledAt + ms] : []));
        return [...moments, lostAt() ?? 0].filter((at) => at > after && at > 0).sort((a, b) => a - b)[0];
      },
      async actLocally({ now, apply }): Promise<LocalReport> {
        authority.localActs++;
        for (const [name, ms] of Object.entries(expires)) {
          if (known().enrolledAt + ms > now) continue;
          if (name === 'management') {
            await apply({ kind: 'retire' });
            return { left: 'removed' };
          }
          if (device.state.holdings.some(({ profile }) => profile.name === name)) {
            await apply({ kind: 'remove-profile', name });
            learn({ removed: (known().removed ?? 0) + 1 });
          }
        }
        if ((lostAt() ?? now + 1) > now) return {};
        await apply({ kind: 'retire' });
        return { left: 'removed', isSilent: true };
      },
      get saved() {
        return saved;
      },
      async checkIn({ apply, signal, reason }) {
        const told = (command: Command, status: ToldCommand['status'], why: { readonly reason?: string }) => {
          const id = String(++authority.told);
          device.tell({ type: 'command', name: command.kind, id, status, said: status, ...why });
        };
        authority.sessions++;
        authority.reasons.push(reason);
        authority.mostAtOnce = Math.max(authority.mostAtOnce, ++authority.atOnce);
        let commands = 0;
        let later = 0;
        let left: SessionReport['left'];
        try {
          await authority.during();
          for (const command of authority.commands.splice(0)) {
            commands++;
            if (command.kind === 'install-profile' && isLocked()) {
              later++;
              authority.commands.push(command);
              told(command, 'later', { reason: 'the screen is locked' });
              continue;
            }
            const outcome = await apply(command);
            authority.outcomes.push(outcome);
            told(command, outcome.status, outcome.status === 'done' ? {} : { reason: outcome.reason });
            if (command.kind === 'wipe') left = 'wiped';
            if (command.kind === 'retire') left = 'removed';
          }
          learn({ sessions: known().sessions + 1 });
          await authority.fail(authority.failures.shift(), signal);
          if (reason === 'renewal-due') learn({ renewedAt: now() });
        } finally {
          authority.atOnce--;
        }
        return {
          commands,
          later,
          requests: commands + 1,
          ...(left === undefined ? {} : { left }),
          ...(left === 'wiped' && authority.next !== undefined ? { next: authority.next } : {}),
        };
      },
      wakeups: (signal) => authority.wakeups(signal),
      async leave(signal) {
        await authority.fail(authority.failures.shift(), signal);
        authority.goodbyes.push(label);
      },
      async forget() {
        authority.forgotten.push(label);
      },
    };
  };
  return {
    name: 'ios',
    describe: (random) => someFacts(random.integer(1000)),
    create: (device, ports) => {
      now = () => ports.clock.now();
      return {
        async enroll(invitation, apply, signal) {
          for (const command of authority.first) await apply(command);
          await authority.fail(authority.enrollFailures.shift(), signal);
          authority.enrolled.push(invitation);
          return open(invitation.authority, device, { sessions: 0, enrolledAt: now() });
        },
        resume(saved) {
          const data = saved.data as FakeData;
          if (typeof data.sessions !== 'number') throw agentError('STATE_CORRUPT', 'no such link');
          return open(saved.authority, device, data);
        },
      };
    },
  };
}

/** An Http that answers from a function and keeps what was asked. */
export function fakeHttp(answer: (request: HttpRequest) => { status: number; body?: string }) {
  const requests: HttpRequest[] = [];
  const http: Http = {
    open: () => ({
      async request(request): Promise<HttpAnswer> {
        requests.push(request);
        const { status, body = '' } = answer(request);
        return { status, headers: {}, body: Buffer.from(body), url: request.url };
      },
      close() {},
    }),
  };
  return { http, requests };
}

const noKeys: Keys = {
  take: () => Promise.reject(new Error('no keys here')),
  open: () => {
    throw new Error('no keys here');
  },
  adopt: () => {
    throw new Error('no keys here');
  },
};

/** Ports that reach nothing. */
export function fakePorts(http: Http = fakeHttp(() => ({ status: 404 })).http) {
  const clock = manualClock(1_790_000_000_000);
  const log = memoryLog();
  return { clock, log, random: seededRandom('device', 0), http, keys: noKeys } satisfies Ports;
}
