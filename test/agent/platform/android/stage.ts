// An Android device and the Headwind servers that it talks to, without a network: what they say is written out by each test.
import { onTestFinished } from 'vitest';
import { createDeviceOf } from '../../../../agent/device.js';
import type { Device, DeviceEvent } from '../../../../agent/device-types.js';
import { agentError } from '../../../../agent/errors.js';
import { seededRandom } from '../../../../agent/io/random.js';
import type { ToldCommand, ToldTrouble } from '../../../../agent/model/happening.js';
import type { Keys, Ports, WakeAsk, WakeJudge, WakeUps } from '../../../../agent/model/ports.js';
import type { DeviceFacts, DeviceState } from '../../../../agent/model/state.js';
import { android } from '../../../../agent/platform/android/driver.js';
import { type AndroidData, readAndroidData } from '../../../../agent/platform/android/saved.js';
import type { Invitation } from '../../../../agent/platform/driver.js';
import type { DeviceStore } from '../../../../agent/store/store.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';
import { writeError } from '../../../../protocol/headwind/envelope.js';
import { defaultSecret, responseSignature } from '../../../../protocol/headwind/signature.js';
import { type Script, type ScriptedAnswer, type SeenRequest, scriptedHttp } from '../../../support/scripted-http.js';

export const startedAt = Date.UTC(2026, 10, 26, 8);
export const minuteMs = 60_000;

const noKeys: Keys = {
  take: () => Promise.reject(new Error('no key is asked for')),
  open: () => {
    throw new Error('no key is asked for');
  },
  adopt: () => {
    throw new Error('no key is asked for');
  },
};

/** A configuration reply, signed. */
export function signed(data: object, { secret = defaultSecret } = {}): ScriptedAnswer {
  const text = JSON.stringify(data);
  return {
    headers: { 'content-type': 'application/json', 'x-response-signature': responseSignature(secret, text) },
    body: Buffer.from(`{"status":"OK","message":null,"data":${text}}`),
  };
}

export const ok = (data: unknown = null): ScriptedAnswer =>
  Buffer.from(`{"status":"OK","message":null,"data":${JSON.stringify(data)}}`);
export const refusal = (message: string): ScriptedAnswer => writeError(message);
export const page = (status: number): ScriptedAnswer => ({
  status,
  headers: { 'content-type': 'text/html;charset=utf-8' },
  body: Buffer.from(
    `<!doctype html><html lang="en"><head><title>HTTP Status ${status} – Oops</title></head><body/></html>`,
  ),
});

/** What is asked of the wake-up port, and what it keeps. */
export class ScriptedWake implements WakeUps {
  readonly asked: WakeAsk[] = [];
  readonly triedAgain: string[] = [];
  readonly withdrawn: WakeAsk[] = [];
  kept: string[] = [];
  failure: Error | undefined;
  /** How many the port dropped before. */
  gone = 0;
  #arrived: (() => void) | undefined;

  async ask(ask: WakeAsk): Promise<void> {
    this.asked.push(ask);
    if (this.failure !== undefined) throw this.failure;
  }

  async *listen(_ask: WakeAsk, judge: WakeJudge, signal: AbortSignal): AsyncIterable<string> {
    while (!signal.aborted) {
      for (const text of this.kept.splice(0)) if (judge(_ask, text)) yield text;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  push(text: string): void {
    this.kept.push(text);
    this.#arrived?.();
  }

  answered(): readonly string[] {
    return this.kept.splice(0);
  }

  dropped(): number {
    const dropped = this.gone;
    this.gone = 0;
    return dropped;
  }

  async withdraw(ask: WakeAsk): Promise<void> {
    this.withdrawn.push(ask);
  }

  pause(): void {}
  resume(): void {}
  tryAgain(ask: WakeAsk): void {
    this.triedAgain.push(ask.address);
  }

  ownedBy(): WakeUps {
    return this;
  }
}

/** `POST /rest/public/sync/info`. */
export const line = ({ method, url }: Pick<SeenRequest, 'method' | 'url'>): string => {
  const { pathname } = new URL(url);
  return `${method} ${pathname}`;
};

export interface StageOptions {
  readonly native?: DeviceFacts['native'];
  readonly facts?: Partial<DeviceFacts>;
  readonly state?: DeviceState;
  readonly script?: Script;
}

/** A device, and a server at which everything goes well until a test says otherwise. */
export function openStage({ native = {}, facts = {}, state, script }: StageOptions = {}) {
  const stage = {
    /** `data` of the configuration that every server gives. */
    configuration: {} as Record<string, unknown>,
    /** Answers before the rules below; undefined: they do. */
    answer: (_request: SeenRequest): ScriptedAnswer | Promise<ScriptedAnswer> => undefined,
    invitation: { authority: 'test', url: 'http://mdm.test/' } as Invitation,
  };
  const usual = (request: SeenRequest): ScriptedAnswer => {
    const { pathname } = new URL(request.url);
    if (pathname.includes('/sync/configuration/')) return signed({ pushOptions: 'mqttAlarm', ...stage.configuration });
    if (pathname.includes('/deviceinfo-plugin-settings/')) return ok({ sendData: false, intervalMins: 15 });
    if (pathname.includes('/log/rules/')) return ok([{ packageId: 'com.hmdm.launcher', logLevel: 5 }]);
    return ok();
  };
  const http = scriptedHttp(async (request) => (await (script ?? stage.answer)(request)) ?? usual(request));
  const clock = manualClock(startedAt);
  const log = memoryLog();
  const wake = new ScriptedWake();
  const random = seededRandom('android stage', 1);
  const ports: Ports = { clock, log, http, keys: noKeys, random, wake };
  const made = android.describe(seededRandom('android', 1), { id: 'h0101', model: 'Pixel 8', os: '15' });
  const saves: DeviceState[] = [];
  let refusesSaves = false;
  const store: DeviceStore = {
    isDurable: true,
    load: () => undefined,
    ids: () => [],
    delete: async () => {},
    close: async () => {},
    async save(saving) {
      if (refusesSaves) throw agentError('STATE_UNSAVED', 'the disk is full');
      saves.push(saving);
    },
  };
  const open = (from?: DeviceState): Device =>
    createDeviceOf(android, {
      platform: 'android',
      ports,
      facts: { ...made, ...facts, native: { ...made.native, ...native } },
      ...(from === undefined ? {} : { state: from }),
      store,
    });
  const device = open(state);
  const events: DeviceEvent[] = [];
  device.onEvent((event) => events.push(event));
  onTestFinished(() => device.close());
  const troubles = (): readonly ToldTrouble[] =>
    events.filter((event) => event.type === 'trouble') as readonly ToldTrouble[];
  return Object.assign(stage, {
    http,
    clock,
    log,
    wake,
    ports,
    device,
    events,
    saves,
    reopen: open,
    failSaves: (fails: boolean) => {
      refusesSaves = fails;
    },
    enroll: async () => {
      await device.enroll(stage.invitation);
      const first = lines();
      http.requests.length = 0;
      return first;
    },
    lines,
    /** The requests so far, which are forgotten then. */
    takeLines: () => {
      const taken = lines();
      http.requests.length = 0;
      return taken;
    },
    data: (): AndroidData => readAndroidData(device.state.link?.data),
    troubles,
    told: (code: string) =>
      troubles()
        .filter((each) => each.code === code)
        .map(({ message }) => message),
    commands: () =>
      (events.filter((event) => event.type === 'command') as unknown as readonly ToldCommand[]).map(
        ({ name, status }) => `${name} ${status}`,
      ),
  });

  function lines(): string[] {
    return http.requests.map(line);
  }
}
