// What an administrator changes while the stub serves: the configuration and the server's settings, and the number of a device.
import { z } from 'zod';
import { isDeviceNumber } from '../../protocol/headwind/number.js';
import { type AdminRoute, ok, param, readBody } from '../admin/graph.js';
import { stubError } from '../errors.js';
import type { AndroidContext, AndroidSettings } from './context.js';
import { put } from './look-up.js';
import { numberOf, remember } from './memory.js';
import { topicOf } from './wake.js';

type ChangeContext = Pick<AndroidContext, 'tenant' | 'numbers' | 'settings' | 'keptSettings'>;

/** What may be changed while the dialect serves: as an administrator of a Headwind server does. */
export type AndroidChanges = Partial<Omit<AndroidSettings, 'contextPath' | 'sharedSecret'>>;

/** A connection in which nothing happens is cut off after two minutes. */
const longestPollMs = 110_000;

/** Throws REQUEST_INVALID. */
export function judge({ pollTimeoutMs, contextPath, keepaliveSeconds }: AndroidSettings): void {
  if (!(pollTimeoutMs > 0 && pollTimeoutMs <= longestPollMs)) {
    throw stubError('REQUEST_INVALID', `a poll of ${pollTimeoutMs} ms: it is held for ${longestPollMs} ms at most`);
  }
  if (!/^(?:\/[\w-]+)?$/.test(contextPath)) {
    throw stubError('REQUEST_INVALID', `the context path "${contextPath.slice(0, 40)}": it is empty, or as /hmdm`);
  }
  if (!(Number.isSafeInteger(keepaliveSeconds) && keepaliveSeconds >= 0 && keepaliveSeconds <= 65_535)) {
    throw stubError('REQUEST_INVALID', `a keepalive of ${keepaliveSeconds} s: MQTT has 65535 at most`);
  }
}

/** By the number before it is known until its first request under the new one. Throws REQUEST_INVALID, DEVICE_UNKNOWN. */
export function renumber(deviceId: string, number: string, context: ChangeContext): void {
  const { tenant, numbers } = context;
  const device = tenant.device(deviceId);
  if (device?.platform !== 'android')
    throw stubError('DEVICE_UNKNOWN', `No Android device ${deviceId} is enrolled here`);
  if (!isDeviceNumber(number)) throw stubError('REQUEST_INVALID', `"${number.slice(0, 40)}" is no device number`);
  const owner = numbers.find(number)?.device.deviceId ?? deviceId;
  if (owner !== deviceId) throw stubError('REQUEST_INVALID', `The number ${number} is another device's`);
  const oldNumber = topicOf(device);
  remember(tenant, deviceId, { number, oldNumber: oldNumber === number ? undefined : oldNumber });
  tenant.notify(put(deviceId, context).deviceId, 'action');
}

/** What devices are told of, and so have to hear. */
const told = ['pushOptions', 'keepaliveSeconds', 'newServerUrl'] as const;

/** Devices are told where it is news to them; with a data folder it is kept. Throws REQUEST_INVALID. */
export function configure(changed: AndroidChanges, { tenant, settings, keptSettings }: ChangeContext): void {
  const next = { ...settings, ...changed };
  judge(next);
  const isNews = told.some((key) => next[key] !== settings[key]);
  Object.assign(settings, changed);
  for (const [name, value] of Object.entries(changed)) keptSettings?.put(name, value ?? null);
  if (!isNews) return;
  for (const { deviceId, platform, status } of tenant.devices()) {
    if (platform === 'android' && status !== 'pending') tenant.notify(deviceId, 'assignment');
  }
}

/** What may be changed, as an administrator sends it: `newServerUrl` null takes it away. */
export const changes = z
  .strictObject({
    pushOptions: z.enum(['mqttAlarm', 'mqttWorker', 'polling']),
    keepaliveSeconds: z.int(),
    pollTimeoutMs: z.int(),
    newServerUrl: z.string().max(2000).nullable(),
    dynamicInfo: z.strictObject({ sendData: z.boolean(), intervalMins: z.int().min(1).max(100_000) }),
    secureEnrollment: z.boolean(),
    createOnDemand: z.boolean(),
    preventDuplicate: z.boolean(),
  })
  .partial();

const change = z.strictObject({ number: z.string().max(200) });

const below = '/stub/v1/android';

/** The settings, and the number of a device. */
export function changeRoutes(context: AndroidContext): readonly AdminRoute[] {
  const { tenant, settings } = context;
  const shown = () => {
    const { sharedSecret: _, newServerUrl = null, ...rest } = settings;
    return ok({ ...rest, newServerUrl });
  };
  return [
    { method: 'GET', path: `${below}/settings`, handle: shown },
    {
      method: 'PATCH',
      path: `${below}/settings`,
      handle(request) {
        configure(changesOf(readBody(changes, request)), context);
        return shown();
      },
    },
    {
      method: 'PATCH',
      path: `${below}/devices/:deviceId`,
      handle(request) {
        const id = param(request, 'deviceId');
        const device = tenant.device(id) ?? tenant.deviceByRecordId(id);
        if (device?.platform !== 'android') throw stubError('NOT_FOUND', 'There is no such Android device');
        renumber(device.deviceId, readBody(change, request).number, context);
        return ok({ number: numberOf(tenant.device(device.deviceId) ?? device) });
      },
    },
  ];
}

/** Without keys that have no value; a null is the end of one. */
export const changesOf = (given: z.output<typeof changes>): AndroidChanges =>
  Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value ?? undefined]])),
  );
