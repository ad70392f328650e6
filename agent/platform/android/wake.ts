// How an Android device is woken (specs/android.md §1.5): by MQTT or by polls, as pushOptions says. The connection is the wake-up
// port's, so that a device may be packed while it waits; what arrives is kept there, or in the link's inbox.
import { onAbort } from '../../../base/abort.js';
import { isRollcallError } from '../../../base/errors.js';
import { joinUrl } from '../../../protocol/headwind/server-url.js';
import { mqttPassword, mqttUser } from '../../../protocol/headwind/signature.js';
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { Ports, WakeAsk, WakeJudge } from '../../model/ports.js';
import type { DeviceView } from '../driver.js';
import { troubleOf } from '../trouble.js';
import { segment } from './address.js';
import { type Manners, mannersOf } from './manners.js';
import type { AndroidMemory } from './memory.js';
import type { AndroidData, SavedPush } from './saved.js';
import { pollSignature } from './signatures.js';

/** Seconds: without a word of the server's, and of a launcher that waits by WorkManager. */
const keepalives = { byDefault: 300, least: 30, worker: 900, most: 65_535 } as const;
/** How often the legacy poll asks: WorkManager's shortest period. */
const legacyPollMs = 900_000;
/** Pushes that are kept for a device that does not listen. */
const mostKept = 64;

type PushWords = Pick<HeadwindConfiguration, 'pushOptions' | 'keepaliveTime'>;

/** The channel that a configuration asks for; undefined where it names none: then the one before stays. */
export function pushFor(words: PushWords, data: AndroidData, manners: Manners): SavedPush | undefined {
  const { pushOptions, keepaliveTime } = words;
  if (pushOptions === undefined) return undefined;
  const isMqtt = pushOptions === 'mqttAlarm' || pushOptions === 'mqttWorker';
  const asked = keepaliveTime !== undefined && keepaliveTime >= keepalives.least ? keepaliveTime : keepalives.byDefault;
  return {
    way: isMqtt ? 'mqtt' : manners.polls === 'legacy' ? 'legacy-poll' : 'poll',
    baseUrl: data.baseUrl,
    project: data.project,
    number: data.number,
    keepalive: pushOptions === 'mqttWorker' ? keepalives.worker : Math.min(asked, keepalives.most),
  };
}

/**
 * What this enrollment asks of the wake-up port. A poll of launcher 6.36 goes to the server that it began with, with the project and
 * number of now, and a signature of then (§0a.11).
 */
export function wakeAskOf(data: AndroidData, manners: Manners): WakeAsk | undefined {
  const { push, secret } = data;
  if (push === undefined) return undefined;
  if (push.way === 'mqtt') {
    const { hostname } = new URL(push.baseUrl);
    const port = data.mqttPort ?? manners.mqttPort;
    return {
      way: 'mqtt',
      address: `${push.number}@${hostname}:${port}`,
      data: {
        url: `${manners.mqttTls ? 'mqtts' : 'mqtt'}://${hostname}:${port}`,
        clientId: push.number,
        username: mqttUser,
        password: mqttPassword(secret),
        keepalive: push.keepalive,
        topic: push.number,
        qos: 2,
      },
      keeps: mostKept,
    };
  }
  const isLegacy = push.way === 'legacy-poll';
  const { project, number } = manners.mode === 'launcher' ? data : push;
  const path = `rest/${isLegacy ? 'notifications/device' : 'notification/polling'}/${segment(number)}`;
  return {
    way: isLegacy ? 'headwind-legacy-poll' : 'headwind-poll',
    address: `${number}@${push.baseUrl}/${project}`,
    data: {
      url: joinUrl({ base: push.baseUrl, project: segment(project) }, path),
      signature: pollSignature({ secret, project: push.project, number: push.number }, isLegacy, manners),
      ...(isLegacy ? { everyMs: legacyPollMs } : {}),
    },
    keeps: mostKept,
  };
}

/** Whatever comes on the device's own topic or poll: what the launcher cannot read does nothing, and a check-in tells of it. */
export const isPush: WakeJudge = () => true;

const sameAsk = (one: WakeAsk | undefined, other: WakeAsk | undefined): boolean =>
  one === other || (one?.way === other?.way && one?.address === other?.address && isSame(one?.data, other?.data));

const isSame = (one: WakeAsk['data'] = {}, other: WakeAsk['data'] = {}): boolean =>
  Object.keys({ ...one, ...other }).every((key) => one[key] === other[key]);

/** The wake-ups of one link. What it asks for changes under it: by the server's configuration, a renaming, a migration. */
export class Wakening {
  readonly #ports: Ports;
  readonly #device: DeviceView;
  readonly #memory: AndroidMemory;
  /** The ask, and what it was made from: it is looked at several times in each session, and costs a hash. */
  #made: WakeAsk | undefined;
  #madeFrom: readonly unknown[] = [];
  /** What this link has asked for. */
  #asked: WakeAsk | undefined;
  /** It could not begin when it was asked for last. */
  #isLost = false;
  #changed: (() => void) | undefined;

  constructor(ports: Ports, device: DeviceView, memory: AndroidMemory) {
    this.#ports = ports;
    this.#device = device;
    this.#memory = memory;
  }

  get ask(): WakeAsk | undefined {
    const { data } = this.#memory;
    const { facts } = this.#device.state;
    const from = [data.push, data.secret, data.number, data.project, data.mqttPort, facts];
    if (from.some((each, index) => each !== this.#madeFrom[index])) {
      this.#madeFrom = from;
      this.#made = wakeAskOf(data, mannersOf(facts));
    }
    return this.#made;
  }

  /** Puts what was kept before a session into the inbox: it is answered by that session. */
  collect(): void {
    const { ask } = this;
    if (ask !== undefined) this.#keep(this.#ports.wake?.answered(ask) ?? []);
  }

  /**
   * Asks for the channel's pushes where it has changed; `before`: the ask that stood. `isUpdate`: also where it could not begin
   * before, for the launcher connects at each update of its configuration where it is not connected.
   */
  async follow(before: WakeAsk | undefined, signal: AbortSignal, isUpdate = false): Promise<void> {
    const { ask } = this;
    if (sameAsk(ask, before)) {
      if (isUpdate && this.#isLost && ask !== undefined && !signal.aborted) await this.#begin(ask, signal);
      return;
    }
    if (before !== undefined) await this.#withdraw(before);
    if (ask !== undefined && !signal.aborted) await this.#begin(ask, signal); // else when it is listened for
    this.#changed?.();
  }

  /** Yields each push, of whichever channel there is; what it says is in the inbox then. */
  async *listen(signal: AbortSignal): AsyncIterable<void> {
    while (!signal.aborted) {
      const own = new AbortController();
      const forget = onAbort(signal, () => own.abort(signal.reason));
      this.#changed = () => own.abort(new Error('another channel'));
      try {
        yield* this.#listenOnce(own.signal);
      } finally {
        forget();
      }
    }
  }

  async *#listenOnce(signal: AbortSignal): AsyncIterable<void> {
    const { ask } = this;
    const { wake } = this.#ports;
    if (wake === undefined || ask === undefined) {
      await new Promise<void>((resolve) => onAbort(signal, resolve));
      return;
    }
    if (!sameAsk(this.#asked, ask)) await this.#begin(ask, signal);
    for await (const text of wake.listen(ask, isPush, signal)) {
      this.#keep([text]);
      yield;
    }
  }

  async forget(): Promise<void> {
    const { ask } = this;
    if (ask !== undefined) await this.#withdraw(ask);
  }

  /** Of more than a device keeps the newest stay. */
  #keep(texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.#memory.change({ inbox: [...(this.#memory.data.inbox ?? []), ...texts].slice(-mostKept) });
  }

  /** Told where it cannot be: the way goes on trying, and wakes the device when it can. The session goes on without (case AN2). */
  async #begin(ask: WakeAsk, signal: AbortSignal): Promise<void> {
    this.#asked = ask;
    this.#isLost = false;
    try {
      await this.#ports.wake?.ask(ask, isPush, signal);
    } catch (error) {
      if (!isRollcallError(error, 'PUSH_LOST')) throw error;
      this.#isLost = true;
      this.#device.tell(troubleOf(error, 'push'));
    }
  }

  async #withdraw(ask: WakeAsk): Promise<void> {
    this.#asked = undefined;
    this.#isLost = false;
    try {
      await this.#ports.wake?.withdraw(ask);
    } catch (error) {
      this.#ports.log.debug('PUSH_LOST', { during: 'withdraw', problem: String(error) });
    }
  }
}
