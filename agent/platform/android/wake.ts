// How an Android device is woken (specs/android.md §1.5): by MQTT or by polls, as pushOptions says. The connection is the wake-up
// port's, so that a device may be packed while it waits; what arrives is kept there, or in the link's inbox.
import { joinUrl } from '../../../protocol/headwind/server-url.js';
import { mqttPassword, mqttUser } from '../../../protocol/headwind/signature.js';
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { Ports, WakeAsk, WakeJudge } from '../../model/ports.js';
import { ChangingWake } from '../changing-wake.js';
import type { DeviceView } from '../driver.js';
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
export const mostKept = 64;

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

/** Of the server and the secret that were asked for last: a fleet has one, or a few. */
let lastHost = { baseUrl: '', hostname: '' };
let lastPassword = { secret: '', password: '' };

function hostOf(baseUrl: string): typeof lastHost {
  if (lastHost.baseUrl !== baseUrl) lastHost = { baseUrl, hostname: new URL(baseUrl).hostname };
  return lastHost;
}

function passwordOf(secret: string): string {
  if (lastPassword.password === '' || lastPassword.secret !== secret)
    lastPassword = { secret, password: mqttPassword(secret) };
  return lastPassword.password;
}

/**
 * What this enrollment asks of the wake-up port. A poll of launcher 6.36 goes to the server that it began with, with the project and
 * number of now, and a signature of then (§0a.11).
 */
export function wakeAskOf(data: AndroidData, manners: Manners): WakeAsk | undefined {
  const { push, secret } = data;
  if (push === undefined) return undefined;
  if (push.way === 'mqtt') {
    const { hostname } = hostOf(push.baseUrl);
    const port = data.mqttPort ?? manners.mqttPort;
    return {
      way: 'mqtt',
      address: `${push.number}@${hostname}:${port}`,
      data: {
        url: `${manners.mqttTls ? 'mqtts' : 'mqtt'}://${hostname}:${port}`,
        clientId: push.number,
        username: mqttUser,
        password: passwordOf(secret),
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

/** The wake-ups of one link. What it asks for changes under it: by the server's configuration, a renaming, a migration. */
export class Wakening {
  readonly #device: DeviceView;
  readonly #memory: AndroidMemory;
  readonly #wake: ChangingWake;
  readonly #ports: Pick<Ports, 'wake'>;
  /** The ask, and what it was made from: it is looked at several times in each session, and costs a hash. */
  #made: WakeAsk | undefined;
  #madeFrom: readonly unknown[] = [];

  constructor(ports: Ports, device: DeviceView, memory: AndroidMemory) {
    this.#device = device;
    this.#memory = memory;
    this.#ports = ports;
    const received = (text: string): void => this.#keep([text], 0);
    this.#wake = new ChangingWake({ ports, device, ask: () => this.ask, judge: isPush, received });
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
    this.#keep(this.#wake.answered(), this.#wake.dropped());
  }

  /**
   * Asks for the channel's pushes where it has changed; `before`: the ask that stood. The session goes on without (case AN2). A
   * connection that is lost or was given up is tried again, as with each configuration of a launcher's.
   */
  async follow(before: WakeAsk | undefined, signal: AbortSignal): Promise<void> {
    await this.#wake.follow(before, signal);
    const { ask } = this;
    if (ask !== undefined) this.#ports.wake?.tryAgain(ask);
  }

  /** Yields each push, of whichever channel there is; what it says is in the inbox then. */
  listen(signal: AbortSignal): AsyncIterable<void> {
    return this.#wake.listen(signal);
  }

  forget(): Promise<void> {
    return this.#wake.forget();
  }

  /** Of more than a device keeps the newest stay; how many went is told in its next session. `gone`: went before. */
  #keep(texts: readonly string[], gone: number): void {
    if (texts.length === 0 && gone === 0) return;
    const { inbox = [], dropped: before = 0 } = this.#memory.data;
    const all = [...inbox, ...texts];
    const dropped = before + gone + Math.max(0, all.length - mostKept);
    this.#memory.change({
      ...(all.length === 0 ? {} : { inbox: all.slice(-mostKept) }),
      ...(dropped === 0 ? {} : { dropped }),
    });
  }
}
