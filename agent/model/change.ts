import type { App, Condition, DeviceFacts } from './state.js';

/**
 * What a `native` command may change on the device itself, put under `change` in its body by the driver: device.ts carries
 * it out without knowing the platform. `apps` replaces the whole list; the others are laid over what is there.
 */
export interface NativeChange {
  readonly apps?: readonly App[];
  readonly condition?: Partial<Pick<Condition, 'locked' | 'batteryPercent' | 'lockMessage'>>;
  /** After an update of the operating system. */
  readonly facts?: Partial<Pick<DeviceFacts, 'osVersion' | 'osBuild'>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isApp = (value: unknown): value is App =>
  isRecord(value) &&
  typeof value['id'] === 'string' &&
  typeof value['name'] === 'string' &&
  typeof value['version'] === 'string' &&
  typeof value['sizeBytes'] === 'number' &&
  typeof value['managed'] === 'boolean' &&
  (value['stays'] === undefined || typeof value['stays'] === 'boolean');

/** The change that a native command's body asks for; an empty one where it asks for none. */
export function readNativeChange(body: unknown): NativeChange {
  const change = isRecord(body) ? body['change'] : undefined;
  if (!isRecord(change)) return {};
  const { apps, condition, facts } = change;
  return {
    ...(Array.isArray(apps) && apps.every(isApp) ? { apps } : {}),
    ...(isRecord(condition)
      ? {
          condition: {
            ...(typeof condition['locked'] === 'boolean' ? { locked: condition['locked'] } : {}),
            ...(typeof condition['batteryPercent'] === 'number' ? { batteryPercent: condition['batteryPercent'] } : {}),
            ...(typeof condition['lockMessage'] === 'string' ? { lockMessage: condition['lockMessage'] } : {}),
          },
        }
      : {}),
    ...(isRecord(facts)
      ? {
          facts: {
            ...(typeof facts['osVersion'] === 'string' ? { osVersion: facts['osVersion'] } : {}),
            ...(typeof facts['osBuild'] === 'string' ? { osBuild: facts['osBuild'] } : {}),
          },
        }
      : {}),
  };
}
