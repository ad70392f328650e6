// The Headwind MDM device protocol (specs/android.md) as a dialect of the stub.

import type { Dialect, OpenDialect, StubServices } from '../dialect.js';
import { stubError } from '../errors.js';
import { builtIn } from './built-in.js';
import { type AndroidContext, type AndroidOptions, type AndroidSettings, defaultSettings } from './context.js';
import { createGroups } from './groups.js';
import { memoryOf } from './memory.js';
import { createNumbers } from './numbers.js';
import { createPushes } from './pushes.js';

/** `authority.android`: what a library user may do with the running dialect. */
export interface AndroidHandle {
  /** How often the authority has asked this device to come since the start. */
  wakes(deviceId: string): number;
}

export const android: Dialect<AndroidOptions, AndroidHandle> = {
  name: 'android',
  traits: { needsPushCertificate: false },
  graph: {
    operatingSystem: 'Android',
    columns: (device) => {
      const { info } = memoryOf(device);
      return {
        manufacturer: '',
        managedDeviceOwnerType: info?.['mdmMode'] === true ? 'company' : 'personal',
        deviceEnrollmentType: 'androidEnterpriseFullyManaged',
      };
    },
  },
  tables: ['android-pushes'],
  builtIn,
  async open(services, options) {
    return openAndroid(services, options);
  },
};

function openAndroid(services: StubServices, options: AndroidOptions): OpenDialect<AndroidHandle> {
  const { tenant, clock, log } = services;
  const { mqttPort: _port, mqttUrl: _url, ...set } = options;
  const settings: AndroidSettings = { ...defaultSettings, ...set };
  if (settings.pollTimeoutMs > longestPollMs) {
    throw stubError(
      'REQUEST_INVALID',
      `a poll of ${settings.pollTimeoutMs} ms: it is held for ${longestPollMs} ms at most`,
    );
  }
  const context: AndroidContext = {
    ...services,
    settings,
    numbers: createNumbers(tenant),
    groups: createGroups(tenant),
    pushes: createPushes({ clock, log, keep: services.keep('android-pushes') }),
  };
  const { numbers, pushes } = context;
  const asked = new Map<string, number>();
  return {
    routes: [],
    adminRoutes: [],
    handle: { wakes: (deviceId) => asked.get(deviceId) ?? 0 },
    resume: (device) => numbers.put(device),
    wake({ deviceId }) {
      asked.set(deviceId, (asked.get(deviceId) ?? 0) + 1);
      pushes.add(deviceId, { messageType: 'configUpdated' });
    },
    forget({ deviceId }) {
      numbers.drop(deviceId);
      pushes.forget(deviceId);
      asked.delete(deviceId);
    },
    announce: () => [],
    async close() {
      pushes.close();
    },
  };
}

/** A connection in which nothing happens is cut off after two minutes. */
const longestPollMs = 110_000;
