import type { z } from 'zod';
import { type App, apps, condition, type DeviceFacts, deviceFacts } from './state.js';

const changedCondition = condition.pick({
  locked: true,
  batteryPercent: true,
  lockMessage: true,
  signedIn: true,
  passcode: true,
  passcodeSetAt: true,
});
const changedFacts = deviceFacts.pick({ osVersion: true, osBuild: true, native: true });

/**
 * What a `native` command may change on the device itself, put under `change` in its body by the driver: device.ts carries
 * it out without knowing the platform. `apps` replaces the whole list; the others are laid over what is there.
 */
export interface NativeChange {
  readonly apps?: readonly App[];
  readonly condition?: Partial<z.output<typeof changedCondition>>;
  /** After an update of the operating system; `native` replaces the whole of what only this platform knows. */
  readonly facts?: Partial<Pick<DeviceFacts, 'osVersion' | 'osBuild' | 'native'>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The fields that fit their description; the others, and those that it does not have, are left out. */
function fitting<S extends z.ZodObject>(description: S, values: Record<string, unknown>): Partial<z.output<S>> {
  const entries = Object.entries(description.shape).flatMap(([key, field]) => {
    const read = values[key] === undefined ? undefined : (field as z.ZodType).safeParse(values[key]);
    return read?.success ? [[key, read.data]] : [];
  });
  return Object.fromEntries(entries) as Partial<z.output<S>>;
}

/** The change that a native command's body asks for; an empty one where it asks for none. */
export function readNativeChange(body: unknown): NativeChange {
  const change = isRecord(body) ? body['change'] : undefined;
  if (!isRecord(change)) return {};
  const list = change['apps'] === undefined ? undefined : apps.safeParse(change['apps']);
  return {
    ...(list?.success ? { apps: list.data } : {}),
    ...(isRecord(change['condition']) ? { condition: fitting(changedCondition, change['condition']) } : {}),
    ...(isRecord(change['facts']) ? { facts: fitting(changedFacts, change['facts']) } : {}),
  };
}
