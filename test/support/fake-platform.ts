import { agentError } from '../../agent/errors.js';
import { seededRandom } from '../../agent/io/random.js';
import type { Http, HttpAnswer, HttpRequest, Keys, Ports } from '../../agent/model/ports.js';
import type { SavedLink } from '../../agent/model/state.js';
import type { Invitation, Link, Platform, SessionReport } from '../../agent/platform/driver.js';
import { onAbort } from '../../base/abort.js';
import { manualClock } from '../../base/clock.js';
import { baseError } from '../../base/errors.js';
import { memoryLog } from '../../base/log.js';
import type { Command, Outcome } from '../../protocol/vocabulary.js';
import { someFacts } from './devices.js';

type Answer = 'busy' | 'lost' | 'disown' | 'hang' | 'bug';

/** An authority with no wire: what a test wants it to do next, and what the device did. */
export class FakeAuthority {
  commands: Command[] = [];
  outcomes: Outcome[] = [];
  /** How the next sessions go wrong, in order; the last command of a broken session was applied. */
  failures: Answer[] = [];
  enrollFailures: Answer[] = [];
  /** Installed by the enrollment itself. */
  first: Command[] = [];
  next: Invitation | undefined;
  sessions = 0;
  atOnce = 0;
  mostAtOnce = 0;
  enrolled: Invitation[] = [];
  goodbyes: string[] = [];
  forgotten: string[] = [];
  listening = 0;
  private waiting: (() => void)[] = [];
  private kept = false;
  /** Called in the middle of each session. */
  during: () => void | Promise<void> = () => {};

  wake(): void {
    if (this.waiting.length === 0) this.kept = true;
    for (const ring of this.waiting.splice(0)) ring();
  }

  async *wakeups(signal: AbortSignal): AsyncGenerator<void> {
    this.listening++;
    try {
      while (!signal.aborted) {
        if (!this.kept)
          await new Promise<void>((resolve) => {
            const forget = onAbort(signal, resolve);
            this.waiting.push(() => {
              forget();
              this.kept = true;
              resolve();
            });
          });
        if (signal.aborted) return;
        this.kept = false;
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

/** A platform whose driver talks to a FakeAuthority. NotNow while locked, as iOS. */
export function fakePlatform(authority: FakeAuthority): Platform {
  const open = (label: string, isLocked: () => boolean, since = 0): Link => {
    let sessions = since;
    let saved: SavedLink = { platform: 'ios', authority: label, origin: 'https://gate.test', data: { sessions } };
    return {
      get saved() {
        return saved;
      },
      async checkIn(apply, signal) {
        authority.sessions++;
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
              continue;
            }
            authority.outcomes.push(await apply(command));
            if (command.kind === 'wipe') left = 'wiped';
            if (command.kind === 'retire') left = 'removed';
          }
          saved = { ...saved, data: { sessions: ++sessions } };
          await authority.fail(authority.failures.shift(), signal);
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
    create: (device) => {
      const isLocked = (): boolean => device.state.condition.locked && device.state.condition.passcode !== undefined;
      return {
        async enroll(invitation, apply, signal) {
          for (const command of authority.first) await apply(command);
          await authority.fail(authority.enrollFailures.shift(), signal);
          authority.enrolled.push(invitation);
          return open(invitation.authority, isLocked);
        },
        resume(saved) {
          const { sessions } = saved.data as { sessions?: unknown };
          if (typeof sessions !== 'number') throw agentError('STATE_CORRUPT', 'no such link');
          return open(saved.authority, isLocked, sessions);
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
