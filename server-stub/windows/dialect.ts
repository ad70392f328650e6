// Windows device management (MS-MDE2, OMA-DM; specs/windows.md) as a dialect of the stub.
import type { KeyObject } from 'node:crypto';
import type { DeviceRecord, EnrollmentType } from '../core/types.js';
import type { Dialect, OpenDialect, StubServices } from '../dialect.js';
import { tokenRoutes, usualTokenMs } from './administration.js';
import { createBeginnings } from './beginnings.js';
import { builtIn } from './built-in.js';
import { carryOver, issueBulkToken } from './bulk-tokens.js';
import { defaultSettings, type PollSchedule, paths, type WindowsContext, type WindowsOptions } from './context.js';
import { discoveryRoutes } from './discovery.js';
import { enrollmentRoute } from './enroll.js';
import { entraRoutes } from './entra/routes.js';
import { Entra } from './entra/service.js';
import { termsRoutes } from './entra/terms.js';
import { createHardware } from './hardware.js';
import { userCertificate } from './issue.js';
import { managementRoute } from './management.js';
import { memoryOf } from './memory.js';
import { profileNamed } from './profile-steps.js';
import { recognise } from './recognise.js';
import { deviceLock } from './render-configuration.js';
import { signInRoutes } from './sign-in.js';
import { createTokens } from './tokens.js';
import { expectChannel, forgetChannel, wake } from './wake.js';

/** `authority.windows`: what a library user may do with the running dialect. */
export interface WindowsHandle {
  /** The schedule of devices that enroll from now on. */
  setPoll(poll: PollSchedule): void;
  /**
   * A token that enrolls devices without a user, as a provisioning package of a bulk enrollment has it, for so long; after that
   * they are refused (E12). It goes into the BinarySecurityToken, in base64 there. Throws REQUEST_INVALID: there are too many.
   */
  bulkToken(validMs?: number): string;
  /**
   * A certificate for this person's key, as a smart card or another service of the organization has it: it signs requests under
   * the policy Certificate, for fourteen days at most. Throws REQUEST_INVALID for a user that nobody knows.
   */
  userCertificate(upn: string, publicKey: KeyObject): Buffer;
  /** How often the authority has asked this device to come since the start, whether or not it has told its channel. */
  wakes(deviceId: string): number;
}

export const windows: Dialect<WindowsOptions, WindowsHandle> = {
  name: 'windows',
  traits: {
    needsPushCertificate: false,
    passcodeType: deviceLock,
    canBeComanaged: true,
    tellsManufacturer: true,
    isDeclaredByModel: true,
    hasProvisioningPackages: true,
    hasAutopilot: true,
    unlimitedWays: ['joined', 'bulk', 'autopilot', 'comanaged'], // Microsoft, "What are enrollment restrictions?", Limitations
    minimumOs: '10.0.17763', // 1809, the oldest that Microsoft still serviced in 2026 (LTSC 2019)
    minimumCompanyPortal: '11.0',
  },
  graph: {
    operatingSystem: 'Windows',
    restriction: 'windowsRestriction',
    enrollmentType: (way, hasUser) =>
      way === 'autopilot' && !hasUser ? userlessAutopilot : (typesByWay[way] ?? 'userEnrollment'),
    compliance: {
      type: '#microsoft.graph.windows10CompliancePolicy',
      pin: 'passwordRequired',
      encryption: ['storageRequireEncryption', 'bitLockerEnabled'],
    },
    columns: (device) => ({
      manufacturer: memoryOf(device).manufacturer ?? '',
      managedDeviceOwnerType: isOfCompany(device) ? 'company' : 'personal',
      deviceEnrollmentType: enrollmentTypeOf(device),
    }),
  },
  tables: [],
  tablesOfBefore: ['windows-tokens'], // bulk tokens: they are the core's now
  builtIn,
  async open(services, options) {
    return openWindows(services, options);
  },
};

/** By itself, with the key of its TPM. */
const userlessAutopilot = 'windowsAzureADJoinUsingDeviceAuth';
const typesByWay: { readonly [W in EnrollmentType]?: string } = {
  bulk: 'windowsBulkUserless',
  joined: 'windowsAzureADJoin',
  autopilot: 'windowsAzureADJoin',
  comanaged: 'windowsCoManagement',
};

function isOfCompany(device: DeviceRecord): boolean {
  const { enrollmentType, isJoined = false } = memoryOf(device);
  return enrollmentType === 'Device' || isJoined || ['bulk', 'autopilot'].includes(device.enrollmentType ?? '');
}

/** Words of Graph's deviceEnrollmentType. */
function enrollmentTypeOf(device: DeviceRecord): string {
  if (device.enrollmentType === 'comanaged') return 'windowsCoManagement';
  const isAutopilot = device.enrollmentType === 'autopilot';
  if (device.userId === undefined) return isAutopilot ? 'windowsAzureADJoinUsingDeviceAuth' : 'windowsBulkUserless';
  return isAutopilot || memoryOf(device).isJoined === true ? 'windowsAzureADJoin' : 'userEnrollment';
}

function openWindows(services: StubServices, options: WindowsOptions): OpenDialect<WindowsHandle> {
  const { ca, addresses, clock, keys, keep, tenant } = services;
  const { entraKey, ...set } = options;
  const newKey = async () => (await keys.make(2048, { address: 'entra', isGone: () => false })).privateKey;
  const context: WindowsContext = {
    ...services,
    tokens: createTokens(services),
    beginnings: createBeginnings(clock, () => tenant.settings.enrollmentMs),
    entra: new Entra({ ...services, newKey, key: entraKey }),
    hardware: createHardware(),
    sessions: new Map(),
    // Without TLS there is no client certificate.
    settings: { ...defaultSettings, ...(addresses.origin.startsWith('http:') && { auth: 'md5' }), ...set },
  };
  carryOver(keep('windows-tokens'), services);
  const { hardware, sessions, settings, tokens, entra } = context;
  const asked = new Map<string, number>();
  return {
    routes: [
      ...discoveryRoutes(context),
      ...signInRoutes(context),
      ...entraRoutes(context),
      ...termsRoutes(context),
      enrollmentRoute(context),
      managementRoute(context),
    ],
    adminRoutes: tokenRoutes(context),
    handle: {
      setPoll(poll) {
        settings.poll = poll;
      },
      bulkToken: (validMs = usualTokenMs) => issueBulkToken(context, { validMs }).token,
      userCertificate: (upn, publicKey) => userCertificate(upn, publicKey, services),
      wakes: (deviceId) => asked.get(deviceId) ?? 0,
    },
    profileNamed,
    recognise: (request) => recognise(request, context),
    resume(device) {
      hardware.resume(device);
      expectChannel(device, context);
      const { certificateExpiresAt } = memoryOf(device);
      // Records of before did not say it.
      if (device.certificateExpiresAt === undefined && certificateExpiresAt !== undefined)
        tenant.setCertificate(device.deviceId, certificateExpiresAt);
    },
    wake(device) {
      const { deviceId } = device;
      asked.set(deviceId, (asked.get(deviceId) ?? 0) + 1);
      return wake(device, context);
    },
    forget(device) {
      const { deviceId } = device;
      ca.issued.revokeDevice(deviceId); // but for its last word (1226)
      hardware.forget(device);
      tokens.forget(deviceId);
      entra.consents.forget(deviceId);
      forgetChannel(device, context);
      sessions.delete(deviceId);
      asked.delete(deviceId);
    },
    announce: () => [{ key: 'enroll', label: 'enroll a Windows device', url: addresses.origin + paths.discovery }],
    async close() {},
  };
}
