// The Headwind MDM device protocol (specs/android.md) as a dialect of the stub.
import { mqttPassword } from '../../protocol/headwind/signature.js';
import type { LogItem } from '../../protocol/headwind/types.js';
import type { EnrollmentType } from '../core/admission-types.js';
import type { DeviceRecord } from '../core/types.js';
import type { Dialect, OpenDialect, StubServices } from '../dialect.js';
import { Expiring } from '../expiring.js';
import { openBroker, openExternalBroker, type PushBroker } from '../mqtt/index.js';
import { addApp, addFile, adminRoutes, remove } from './administration.js';
import { builtIn } from './built-in.js';
import { type AndroidChanges, changeRoutes, configure, judge, renumber } from './changes.js';
import { type AndroidContext, type AndroidOptions, type AndroidSettings, defaultSettings, paths } from './context.js';
import { settled } from './copied.js';
import { type AddedApp, type AddedFile, type AppToAdd, type FileToAdd, Shelf } from './files/shelf.js';
import { createGroups } from './groups.js';
import { noteIssued } from './identity.js';
import { keptSettings } from './kept-settings.js';
import { DeviceLogs } from './logs.js';
import { manufacturerOf, memoryOf, numberOf } from './memory.js';
import { createNumbers } from './numbers.js';
import { createPushes, type Push } from './pushes.js';
import { defaultKey } from './qr.js';
import { recognise } from './recognise.js';
import { mostRefused } from './refused-numbers.js';
import { headwind } from './render/configuration.js';
import { routes, unroutable } from './routes.js';
import { createTextMessages } from './text-messages.js';
import { configUpdated, push, topicOf } from './wake.js';
import { createWiped } from './wiped.js';

export type { AndroidChanges } from './changes.js';

/** `authority.android`: what a library user may do with the running dialect. */
export interface AndroidHandle {
  /** `mqtt://host:port` of the broker that pushes go to. */
  readonly mqttUrl: string;
  /** Its port; undefined where the broker is another program. */
  readonly mqttPort: number | undefined;
  /** Counts of the broker. */
  broker(): ReturnType<PushBroker['figures']>;
  /** Gives devices a file; those that have one at its path get it anew. They are told to come. Throws REQUEST_INVALID. */
  addFile(file: FileToAdd): AddedFile;
  /** Gives devices an app. They are told to come. Throws REQUEST_INVALID. */
  addApp(app: AppToAdd): AddedApp;
  /** Takes a file or an app back by its `id`: devices lose the file, and are told of the app no more. False where there is none. */
  removeAdded(id: string): boolean;
  /** The newest lines of the device's log, as they came since the start. */
  logOf(deviceId: string): readonly LogItem[];
  /** How often the authority has asked this device to come since the start. */
  wakes(deviceId: string): number;
  /** By what number the device goes. */
  numberOf(deviceId: string): string | undefined;
  /** Sends a push, as an administrator's push form does. Nothing happens where there is no such device. */
  push(deviceId: string, push: Push): void;
  /** Pushes that wait for a poll of this device. */
  waiting(deviceId: string): readonly Push[];
  /** Polls that are held now. */
  polls(): number;
  /**
   * Gives the device another number. It is told by a push under the old one, by which it goes on to be known until its first request
   * under the new one. Throws REQUEST_INVALID: no number, or another device's; DEVICE_UNKNOWN.
   */
  renumber(deviceId: string, number: string): void;
  /** Changes the configuration or the server's settings; with a change of what devices are told they are woken. */
  configure(changes: AndroidChanges): void;
}

/** Of an attempt, in words of Graph's deviceEnrollmentType. */
const typesByWay: { readonly [W in EnrollmentType]?: string } = {
  bulk: 'androidEnterpriseDedicatedDevice',
  fullyManaged: 'androidEnterpriseFullyManaged',
};

export const android: Dialect<AndroidOptions, AndroidHandle> = {
  name: 'android',
  traits: {
    needsPushCertificate: false,
    passcodeType: headwind,
    consents: { workProfile: 'androidWorkProfiles' },
    tellsManufacturer: true,
    minimumOs: '10', // of 2019, the oldest that Intune supported for devices of a user in 2026
    minimumCompanyPortal: '5.0',
  },
  graph: {
    operatingSystem: 'Android',
    restriction: 'androidRestriction',
    enrollmentType: (way) => typesByWay[way] ?? 'userEnrollment',
    compliance: {
      type: '#microsoft.graph.androidCompliancePolicy',
      pin: 'passwordRequired',
      encryption: ['storageRequireEncryption'],
    },
    columns: (device) => ({
      manufacturer: manufacturerOf(device) ?? '',
      managedDeviceOwnerType: isOwned(device) ? 'company' : 'personal',
      deviceEnrollmentType: enrollmentTypeOf(device),
    }),
  },
  tables: ['android-pushes', 'android-files', 'android-settings'],
  builtIn,
  settled,
  async open(services, options) {
    return openAndroid(services, options);
  },
};

/** The launcher is the device's owner: fully managed. */
const isOwned = (device: DeviceRecord): boolean => memoryOf(device).info?.['mdmMode'] === true;

/** Words of Graph's deviceEnrollmentType. */
function enrollmentTypeOf(device: DeviceRecord): string {
  if (!isOwned(device)) return 'userEnrollment';
  return device.userId === undefined ? 'androidEnterpriseDedicatedDevice' : 'androidEnterpriseFullyManaged';
}

async function openAndroid(services: StubServices, options: AndroidOptions): Promise<OpenDialect<AndroidHandle>> {
  const { tenant, clock, log } = services;
  const { mqttPort = 0, mqttUrl, mqttConfined = false, ...set } = options;
  const kept = services.keep('android-settings');
  const settings: AndroidSettings = { ...defaultSettings, ...set, ...keptSettings(kept) };
  judge(settings);
  const broker = await brokerOf(mqttUrl ?? mqttPort, mqttConfined, settings, services);
  const context: AndroidContext = {
    ...services,
    settings,
    keptSettings: kept,
    broker,
    numbers: createNumbers(tenant),
    groups: createGroups(tenant),
    pushes: createPushes({ clock, networkClock: services.network.clock, log, keep: services.keep('android-pushes') }),
    texts: createTextMessages(),
    wiped: createWiped(),
    refused: new Expiring(clock, mostRefused),
    logs: new DeviceLogs(),
    shelf: new Shelf({ clock, keep: services.keep('android-files') }),
  };
  const { numbers, pushes, texts, logs } = context;
  services.ca.issued.onIssued((issued) => noteIssued(issued, tenant));
  const asked = new Map<string, number>();
  const leave = services.push.join(() => ({ ...broker.figures(), polls: pushes.polls }));
  return {
    routes: routes(context),
    unroutable: (path, status) => unroutable(path, status, settings),
    adminRoutes: [...adminRoutes(context), ...changeRoutes(context)],
    handle: {
      mqttUrl: broker.url,
      mqttPort: broker.port,
      broker: () => broker.figures(),
      addFile: (file) => addFile(file, context),
      addApp: (app) => addApp(app, context),
      removeAdded: (id) => remove(id, context),
      logOf: (deviceId) => logs.of(deviceId),
      wakes: (deviceId) => asked.get(deviceId) ?? 0,
      numberOf: (deviceId) => ifHere(tenant.device(deviceId), numberOf),
      push: (deviceId, message) => ifHere(tenant.device(deviceId), (device) => push(device, message, context)),
      waiting: (deviceId) => pushes.waiting(deviceId),
      polls: () => pushes.polls,
      renumber: (deviceId, number) => renumber(deviceId, number, context),
      configure: (changes) => configure(changes, context),
    },
    recognise: (request) => recognise(request, context),
    resume(device) {
      numbers.put(device);
      texts.put(device);
    },
    wake(device) {
      const { deviceId } = device;
      asked.set(deviceId, (asked.get(deviceId) ?? 0) + 1);
      push(device, configUpdated, context);
      return { result: 'sent' };
    },
    forget(device) {
      const { deviceId } = device;
      broker.forget(topicOf(device));
      numbers.drop(deviceId);
      pushes.forget(deviceId);
      texts.drop(deviceId);
      logs.drop(deviceId);
      asked.delete(deviceId);
    },
    announce: () => announce(context),
    async close() {
      leave();
      pushes.close();
      await broker.close();
    },
  };
}

/** One of our own at this port, or the one at this address. Throws PORT_TAKEN, REQUEST_INVALID. */
function brokerOf(
  at: number | string,
  confined: boolean,
  { sharedSecret }: AndroidSettings,
  { clock, network, log, addresses, random }: StubServices,
): Promise<PushBroker> {
  const common = { clock, networkClock: network.clock, log, trace: network.trace, fanOut: network.fanOut };
  if (typeof at === 'string') return openExternalBroker({ ...common, mqttUrl: at, random });
  const [name = ''] = addresses.at(0).split(/:0$/);
  return openBroker({
    ...common,
    port: at,
    confined,
    host: addresses.host,
    name,
    devicePassword: mqttPassword(sharedSecret),
    maxConnections: network.connections.half(),
  });
}

/** What a QR code holds, and where pushes come from: the port is in the QR code too (by convention). */
function announce({ addresses, settings, broker }: AndroidContext): ReturnType<OpenDialect['announce']> {
  const url = addresses.origin + settings.contextPath + paths.qrJson.replace(':key', defaultKey);
  return [
    { key: 'enroll', label: 'enroll an Android device', url: `${url}?create=1` },
    { key: 'mqtt', label: 'push (to Android)', url: broker.url },
  ];
}

const ifHere = <T>(device: DeviceRecord | undefined, act: (device: DeviceRecord) => T): T | undefined =>
  device?.platform === 'android' ? act(device) : undefined;
