// What the dialect remembers of a device.
import { z } from 'zod';
import type { DeviceMemory } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import { makerOf } from './facts.js';

const plain = z.record(z.string(), z.unknown());

const appSetting = z.object({
  packageId: z.string(),
  name: z.string(),
  type: z.number().exactOptional(),
  value: z.string().nullable().exactOptional(),
  readonly: z.boolean().exactOptional(),
  lastUpdate: z.number().exactOptional(),
});

/** Each field by itself: what cannot be read is left out, and the others are there. */
const fields = {
  /** Device number, where it is another than the core's deviceId. */
  number: z.string(),
  /** The number before, until a request came under the new one. */
  oldNumber: z.string(),
  /** Who made it, as it said when it enrolled (by convention). */
  manufacturer: z.string(),
  /** The enrolled device that this machine was before, until the enrollment is complete (same-machine.ts). */
  formerDeviceId: z.string(),
  /** Scheme, host, port and context path under which the device reaches the stub. */
  origin: z.string(),
  /** When it sent its info last (`lastUpdate` of the server). */
  lastInfoAt: z.number(),
  /** The info as a server's bean writes it: unknown keys are gone. */
  info: plain,
  /** Settings of apps that the device has told (`sync/applicationSettings`): they win over the configuration's. */
  appSettings: z.array(appSetting),
  /** What its last document asked of it, by what a later info is judged (render/): plain values. */
  awaited: plain,
  /** The newest of what `deviceinfo/public` brought. */
  dynamicInfo: plain,
  /** What rendering keeps (render/): plain values. */
  rendering: plain,
  /** Settings that failed after they were applied, as the companion's log says (by convention): name and reason. */
  failures: z.record(z.string(), z.string()),
  /** When a certificate ends that renews another, until the companion's log says that it has arrived (by convention). */
  renewedUntil: z.number(),
  /** Text messages handed over: id of the message to id of the command. */
  messages: z.record(z.string(), z.string()),
} as const satisfies Record<string, z.ZodType>;

type Fields = typeof fields;

/** What the dialect remembers of a device; stored by the core as plain values. */
export type AndroidMemory = { readonly [K in keyof Fields]?: z.output<Fields[K]> };

const keys = Object.keys(fields) as (keyof Fields)[];

/** Records are replaced and never changed, so each is judged once. */
const judged = new WeakMap<object, AndroidMemory>();

/** What is remembered of a device, as far as it is of the right type. */
export function memoryOf({ dialect }: Pick<DeviceRecord, 'dialect'>): AndroidMemory {
  const known = judged.get(dialect);
  if (known !== undefined) return known;
  const memory: Record<string, unknown> = {};
  for (const key of keys) {
    const value = dialect[key];
    if (value !== undefined && fields[key].safeParse(value).success) memory[key] = value; // not a copy
  }
  judged.set(dialect, memory);
  return memory;
}

/** Who made the device, as it said; by its model where it said no more. Undefined where that tells nothing. */
export function manufacturerOf(device: Pick<DeviceRecord, 'dialect' | 'model'> | undefined): string | undefined {
  return device && makerOf({ manufacturer: memoryOf(device).manufacturer, model: device.model });
}

type Rememberer = DeviceMemory & { device(deviceId: string): DeviceRecord | undefined };

/** Nothing happens where the device is gone. A key whose value is undefined is forgotten. */
export function remember(
  tenant: Rememberer,
  deviceId: string,
  changes: { readonly [K in keyof AndroidMemory]: AndroidMemory[K] | undefined },
): void {
  const device = tenant.device(deviceId);
  if (device === undefined) return;
  const next = { ...device.dialect, ...changes };
  tenant.setDialect(deviceId, Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)));
}

/** By what the device is known to the protocol now. */
export const numberOf = (device: DeviceRecord): string =>
  typeof device.dialect['number'] === 'string' ? device.dialect['number'] : device.deviceId;
