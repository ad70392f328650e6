// An Android device to which configurations and pushes are given without a server: what it fetches comes from a table of addresses.

import { agentError } from '../../../../../agent/errors.js';
import { seededRandom } from '../../../../../agent/io/random.js';
import { applyCommand, newDevice } from '../../../../../agent/model/apply-command.js';
import type { Happening, ToldCommand, ToldTrouble } from '../../../../../agent/model/happening.js';
import type { HttpAnswer, Ports } from '../../../../../agent/model/ports.js';
import type { Condition, DeviceFacts, DeviceState } from '../../../../../agent/model/state.js';
import { type ApplyOptions, applyConfiguration } from '../../../../../agent/platform/android/apply/apply.js';
import { keepConfiguration } from '../../../../../agent/platform/android/apply/configuration.js';
import { deviceInfoOf } from '../../../../../agent/platform/android/apply/device-info.js';
import { handlePush } from '../../../../../agent/platform/android/apply/push.js';
import type { AndroidContext, HeadwindApi } from '../../../../../agent/platform/android/context.js';
import { describe } from '../../../../../agent/platform/android/describe.js';
import { type Manners, mannersOf } from '../../../../../agent/platform/android/manners.js';
import { AndroidMemory } from '../../../../../agent/platform/android/memory.js';
import type { AndroidData } from '../../../../../agent/platform/android/saved.js';
import { manualClock } from '../../../../../base/clock.js';
import type { JsonObject } from '../../../../../base/json.js';
import { silentLog } from '../../../../../base/log.js';
import { readConfiguration } from '../../../../../protocol/headwind/configuration.js';
import type { LogItem } from '../../../../../protocol/headwind/types.js';
import type { Command } from '../../../../../protocol/vocabulary.js';

export const startAt = Date.UTC(2026, 10, 26, 12);

export const someFacts: DeviceFacts = describe(seededRandom('android', 0), {
  model: 'Pixel 8',
  os: '15',
  serial: '37081FDJH000AB',
  id: 'h0101',
});

/** What an address answers: the bytes, a status, or no answer at all. */
export type Served = string | Uint8Array | number | 'no answer';

export interface AndroidStage {
  readonly facts?: Partial<DeviceFacts>;
  readonly condition?: Partial<Condition>;
  readonly manners?: Partial<Manners>;
  readonly data?: Partial<AndroidData>;
  /** By address. */
  readonly files?: Readonly<Record<string, Served>>;
  readonly api?: Partial<HeadwindApi>;
  /** Answers a command in the device's place. */
  readonly decide?: (command: Command) => 'failed' | undefined;
}

const notAsked = (): never => {
  throw new Error('this test has no server for that');
};

export function openAndroid(stage: AndroidStage = {}) {
  const facts = { ...someFacts, ...stage.facts };
  const fresh = newDevice(facts, 80);
  let state: DeviceState = {
    ...fresh,
    lifecycle: 'enrolled',
    condition: { ...fresh.condition, deviceName: 'phone', ...stage.condition },
  };
  const clock = manualClock(startAt);
  const told: Happening[] = [];
  const carriedOut: Command[] = [];
  const fetched: string[] = [];
  const uploads: (readonly LogItem[])[] = [];
  const saves = { count: 0 };
  const memory = new AndroidMemory('test', {
    number: 'h0101',
    baseUrl: 'http://mdm.example.test',
    secondaryBaseUrl: 'http://mdm.example.test',
    project: '',
    secret: 'changeme-C3z9vi54',
    retryCount: 1,
    retryDelay: 15,
    enrolledAt: startAt,
    forcedAt: startAt,
    infoAt: startAt,
    logRules: [{ packageId: 'com.hmdm.launcher', logLevel: 5 }],
    ...stage.data,
  });
  const api: HeadwindApi = {
    requests: 0,
    sync: notAsked,
    trial: notAsked,
    sendInfo: notAsked,
    logRules: notAsked,
    confirm: notAsked,
    messageStatus: notAsked,
    dynamicInfoSettings: notAsked,
    sendDynamicInfo: notAsked,
    async sendLog(items) {
      uploads.push(items);
    },
    async download(url, { into }): Promise<HttpAnswer> {
      fetched.push(url);
      const served = stage.files?.[url] ?? 404;
      if (served === 'no answer') throw agentError('TRANSPORT_LOST', 'no answer from mdm.example.test');
      const status = typeof served === 'number' ? served : 200;
      if (typeof served !== 'number') for (const octets of piecesOf(Buffer.from(served))) into?.(octets);
      return { status, headers: {}, body: Buffer.alloc(0), url };
    },
    ...stage.api,
  };
  const ports: Ports = {
    clock,
    random: seededRandom('android', 1),
    http: { open: notAsked },
    log: silentLog,
    keys: { take: notAsked, open: notAsked, adopt: notAsked },
  };
  const controller = new AbortController();
  const context = (): AndroidContext => ({
    device: {
      get state() {
        return state;
      },
      lenient: new Set(),
      tell: (happening) => told.push(happening),
    },
    ports,
    memory,
    server: { rules: notAsked as never, roots: () => [], now: () => clock.now(), isLenient: false, tell: () => {} },
    manners: { ...mannersOf(facts), ...stage.manners },
    api,
    signal: controller.signal,
    async apply(command) {
      carriedOut.push(command);
      if (stage.decide?.(command) === 'failed') return { status: 'failed', reason: 'the person said no' };
      const applied = applyCommand(state, command, 'test', clock.now());
      state = applied.state;
      return applied.outcome;
    },
    async save() {
      saves.count++;
      void memory.saved; // what cannot be stored is found here
    },
    undo: () => {},
  });
  return {
    memory,
    clock,
    told,
    carriedOut,
    fetched,
    uploads,
    saves,
    context,
    state: () => state,
    stop: () => controller.abort(new Error('stopped')),
    /** Takes a document as the device takes one, and applies it. */
    async take(document: JsonObject, options: Partial<ApplyOptions> = {}) {
      const session = context();
      const received = { configuration: readConfiguration(document), text: JSON.stringify(document) };
      keepConfiguration(session, received);
      return await applyConfiguration(session, received, { ground: 'foreground', ...options });
    },
    push: (messageType: string, payload?: Readonly<Record<string, unknown>>) =>
      handlePush(context(), payload === undefined ? { messageType } : { messageType, payload }),
    info: () => deviceInfoOf(context()),
    commands: () => told.filter((one): one is ToldCommand => one.type === 'command'),
    troubles: (code?: string) =>
      told.filter((one): one is ToldTrouble => one.type === 'trouble' && (code === undefined || one.code === code)),
    lines: () => (memory.data.log ?? []).map(({ logLevel, message }) => `${logLevel} ${message}`),
    /** Absolute paths of the device's files. */
    paths: () => Object.keys(memory.data.files ?? {}).sort(),
    textAt(path: string): string | undefined {
      const content = memory.data.files?.[path]?.content;
      return content === undefined ? undefined : Buffer.from(content).toString('utf8');
    },
  };
}
export type OpenAndroid = ReturnType<typeof openAndroid>;

/** A file of a document. */
export const file = (path: string, more: JsonObject = {}): JsonObject => ({
  path,
  url: `http://mdm.example.test/files/${path.replace(/^\/+/, '')}`,
  lastUpdate: 1000,
  ...more,
});

/** What its address answers. */
export const at = (path: string): string => `http://mdm.example.test/files/${path.replace(/^\/+/, '')}`;

/** An app of a document. */
export const app = (pkg: string, version: string, more: JsonObject = {}): JsonObject => ({
  type: 'app',
  name: pkg.split('.').at(-1) ?? pkg,
  pkg,
  version,
  url: `http://mdm.example.test/files/${pkg}-${version}.apk`,
  ...more,
});
export const apkOf = (pkg: string, version: string): string => at(`${pkg}-${version}.apk`);
export const apk = Buffer.from('PK\x03\x04 an archive');

/** As the network brings it. */
function* piecesOf(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
