import { fileURLToPath } from 'node:url';
import {
  createPorts,
  type Device,
  type DeviceState,
  emulated,
  enrollAddress,
  type HttpObservation,
} from '../agent/index.js';
import { silentLog } from '../base/log.js';
import { startEmbedded } from '../fleet/coordinator/embedded.js';
import { personOf } from '../fleet/engine/invitation.js';
import { Population, type Through } from '../fleet/engine/population.js';
import type { Target } from '../fleet/engine/target.js';
import { interleave } from '../fleet/scenario/interleave.js';
import type { DeviceGroup } from '../fleet/scenario/model.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { type RecordedRequest, recording } from './recorded.js';

/** `mixed`: as many of each platform, one beside the other. */
export type BenchPlatform = PlatformName | 'mixed';

/** The groups of `devices` devices. */
export function benchGroups(devices: number, platform: BenchPlatform): readonly DeviceGroup[] {
  if (platform !== 'mixed') return [{ name: platform, platform, count: devices }];
  return emulated.map((each, at) => ({
    name: each,
    platform: each,
    count: Math.floor((devices + at) / emulated.length),
  }));
}

const unwoken: Through = ({ wake: _, ...ports }) => ports;

export interface BenchStage {
  readonly target: Target;
  readonly population: Population;
  readonly ports: Awaited<ReturnType<typeof createPorts>>;
  /** Sees every HTTP exchange from now on; undefined ends it. */
  observe(observer: ((exchange: HttpObservation) => void) | undefined): void;
  /** Enrolls device `index`; with `receive` it also checks in until it holds its profiles. */
  enroll(index: number, receive?: boolean): Promise<void>;
  /** What devices ask over HTTP while `act` runs. */
  requestsOf(act: () => Promise<void>): Promise<readonly RecordedRequest[]>;
  state(index: number): DeviceState;
  close(): Promise<void>;
}

/**
 * An embedded authority in a process of its own, with `serverOptions`, and a population of devices here, with 16 shared keys. Android
 * devices do not wait to be woken: their connections to a broker are the bench `mqtt`'s.
 */
export async function openBenchStage(
  devices: number,
  serverOptions: readonly string[] = [],
  platform: BenchPlatform = 'ios',
): Promise<BenchStage> {
  const self = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))];
  const groups = benchGroups(devices, platform);
  const users = { devicesEach: 10 };
  const target = await startEmbedded({
    self,
    plan: { authority: 'intune', users, groups },
    signal: new AbortController().signal,
    serverOptions,
  });
  let observer: ((exchange: HttpObservation) => void) | undefined;
  const ports = await createPorts({
    log: silentLog,
    keys: { size: 16, mode: 'pool' },
    http: { observe: (exchange) => observer?.(exchange) },
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    ...(target.pushUrl === undefined ? {} : { pushUrl: target.pushUrl }),
  });
  await ports.keys.ready();
  const devicePorts = platform === 'android' ? unwoken({ ...ports.ports }) : { ...ports.ports };
  let { http } = devicePorts;
  const population = new Population({
    seed: 'bench',
    groups,
    cast: interleave({ groups, seed: 'bench' }),
    ports: Object.defineProperty(devicePorts, 'http', { get: () => http, enumerable: true }), // copied at each turn
    constants: () => ports.keys.publicKeys(),
  });
  return {
    target,
    population,
    ports,
    observe(next) {
      observer = next;
    },
    async enroll(index, receive = false) {
      const { user } = personOf(users, index);
      const own = population.platformOf(index);
      const act = async (device: Device) => {
        await device.enroll({ authority: target.url, url: enrollAddress(own, target.url, user), user });
        if (receive) await device.checkIn();
      };
      await (own === 'android' ? population.turn(index, act, unwoken) : population.turn(index, act));
    },
    async requestsOf(act) {
      const recorded = recording(devicePorts.http);
      http = recorded.http;
      try {
        await act();
      } finally {
        http = ports.ports.http;
      }
      return recorded.requests;
    },
    state(index) {
      const state = population.peek(index);
      if (state === undefined) throw new Error(`device ${index} was never enrolled`);
      return state;
    },
    async close() {
      await ports.close();
      await target.close();
    },
  };
}
