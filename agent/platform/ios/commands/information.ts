import { createHash } from 'node:crypto';
import { deviceQueries } from '../../../../protocol/apple-mdm/device-queries.js';
import { hasRights, isSince } from '../../../../protocol/apple-mdm/request-types.js';
import { dict, type PlistDict, PlistReal, type PlistValue } from '../../../../protocol/plist/value.js';
import type { DeviceFacts, DeviceState } from '../../../model/state.js';
import { done, refusalOf } from '../answer.js';
import type { CommandContext, HandlerTable } from '../context.js';
import { spacedImei } from '../describe.js';
import { graceSeconds, passcodeReport } from '../passcode.js';
import { productOf } from '../products.js';
import type { IosData } from '../saved.js';
import { native, toPlistDict } from '../translate.js';

interface Source {
  readonly facts: DeviceFacts;
  readonly state: DeviceState;
  readonly data: IosData;
  readonly now: number;
}
type Reader = (from: Source) => PlistValue | undefined;

const megabytesUsed = (state: DeviceState): number =>
  12_000 + state.apps.reduce((sum, app) => sum + app.sizeBytes / 1e6, 0);

/** One line per query that this device has an answer to. Undefined (no SIM, no organization) leaves the key out. */
const readers: Readonly<Record<string, Reader>> = {
  UDID: ({ facts }) => facts.id,
  OrganizationInfo: ({ data }) =>
    data.settings?.organization === undefined ? undefined : toPlistDict(data.settings.organization),
  MDMOptions: ({ data }) =>
    dict({ ActivationLockAllowedWhileSupervised: data.settings?.activationLockAllowed ?? false }),
  AwaitingConfiguration: ({ data }) => data.awaitingConfiguration ?? false,
  iTunesStoreAccountIsActive: () => false,
  DeviceName: ({ state }) => state.condition.deviceName,
  OSVersion: ({ facts }) => facts.osVersion,
  BuildVersion: ({ facts }) => facts.osBuild,
  ModelName: ({ facts }) => facts.modelName,
  Model: ({ facts }) => modelNumber(facts)?.slice(0, 5),
  ModelNumber: ({ facts }) => modelNumber(facts),
  ProductName: ({ facts }) => facts.model,
  SerialNumber: ({ facts }) => facts.serial,
  DeviceCapacity: ({ facts }) => new PlistReal(facts.capacityGb * 0.93132),
  AvailableDeviceCapacity: ({ facts, state }) =>
    new PlistReal(Math.max(0, facts.capacityGb * 0.93132 - megabytesUsed(state) / 1024)),
  IMEI: ({ facts }) => (facts.imei === undefined ? undefined : spacedImei(facts.imei)),
  MEID: ({ facts }) => facts.meid,
  ModemFirmwareVersion: ({ facts }) => (facts.imei === undefined ? undefined : '3.20.05'),
  CellularTechnology: ({ facts }) => (facts.imei === undefined ? 0 : 3), // 3: both GSM and CDMA
  BatteryLevel: ({ state }) => new PlistReal(state.condition.batteryPercent / 100),
  IsSupervised: ({ facts }) => facts.supervised,
  IsMultiUser: () => false,
  IsDeviceLocatorServiceEnabled: () => false,
  IsActivationLockEnabled: () => false,
  IsDoNotDisturbInEffect: () => false,
  EASDeviceIdentifier: ({ facts }) => digest(`eas ${facts.id}`).slice(0, 32).toUpperCase(),
  IsCloudBackupEnabled: () => false,
  IsMDMLostModeEnabled: ({ state }) => state.condition.lostMode !== undefined,
  DiagnosticSubmissionEnabled: ({ data }) => data.settings?.diagnosticSubmission ?? false,
  AppAnalyticsEnabled: ({ data }) => data.settings?.appAnalytics ?? false,
  TimeZone: ({ data }) => data.settings?.timeZone ?? 'America/Los_Angeles',
  ICCID: ({ facts }) => subscription(facts)?.iccid,
  BluetoothMAC: ({ facts }) => facts.bluetoothMac,
  WiFiMAC: ({ facts }) => facts.wifiMac,
  CurrentCarrierNetwork: ({ facts }) => subscription(facts)?.carrier,
  SubscriberCarrierNetwork: ({ facts }) => subscription(facts)?.carrier,
  CarrierSettingsVersion: ({ facts }) => subscription(facts)?.settingsVersion,
  PhoneNumber: ({ facts }) => subscription(facts)?.phoneNumber,
  DataRoamingEnabled: ({ data }) => data.settings?.dataRoaming ?? false,
  VoiceRoamingEnabled: ({ data }) => data.settings?.voiceRoaming ?? false,
  PersonalHotspotEnabled: ({ data }) => data.settings?.personalHotspot ?? false,
  IsNetworkTethered: () => false,
  IsRoaming: () => false,
  SubscriberMCC: ({ facts }) => subscription(facts)?.mcc,
  SubscriberMNC: ({ facts }) => subscription(facts)?.mnc,
  CurrentMCC: ({ facts }) => subscription(facts)?.mcc,
  CurrentMNC: ({ facts }) => subscription(facts)?.mnc,
  ServiceSubscriptions: ({ facts }) => subscriptions(facts),
  SoftwareUpdateDeviceID: ({ facts }) => productOf(facts.model)?.board ?? facts.model,
  SoftwareUpdateSettings: ({ data }) => dict({ RecommendationsCadence: data.settings?.recommendationCadence ?? 0 }),
  AccessibilitySettings: ({ facts, data }) =>
    facts.supervised ? toPlistDict({ ...accessibilityDefaults, ...data.settings?.accessibility }) : undefined,
};

const accessibilityDefaults = {
  BoldTextEnabled: false,
  IncreaseContrastEnabled: false,
  ReduceMotionEnabled: false,
  ReduceTransparencyEnabled: false,
  TextSize: 3,
  TouchAccommodationsEnabled: false,
  VoiceOverEnabled: false,
  ZoomEnabled: false,
};

const modelNumber = (facts: DeviceFacts): string | undefined => {
  const number = facts.native['ModelNumber'];
  return typeof number === 'string' ? number : undefined;
};

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Subscription {
  readonly iccid: string;
  readonly phoneNumber: string;
  readonly carrier: string;
  readonly mcc: string;
  readonly mnc: string;
  readonly settingsVersion: string;
}

/** The SIM, a function of the IMEI: nothing of it needs to be stored. */
function subscription(facts: DeviceFacts): Subscription | undefined {
  if (facts.imei === undefined) return undefined;
  const digits = BigInt(`0x${digest(`sim ${facts.imei}`).slice(0, 24)}`).toString();
  return {
    iccid: `8901${digits.slice(0, 15)}`,
    phoneNumber: `+1555${digits.slice(-7)}`,
    carrier: 'Example Mobile',
    mcc: '001', // ITU-T E.212: test networks
    mnc: '01',
    settingsVersion: '58.0',
  };
}

function subscriptions(facts: DeviceFacts): PlistDict[] | undefined {
  const sim = subscription(facts);
  if (sim === undefined || facts.imei === undefined) return undefined;
  return [
    dict({
      CarrierSettingsVersion: sim.settingsVersion,
      CurrentCarrierNetwork: sim.carrier,
      CurrentMCC: sim.mcc,
      CurrentMNC: sim.mnc,
      ICCID: sim.iccid,
      IMEI: spacedImei(facts.imei),
      IsDataPreferred: true,
      IsRoaming: false,
      IsVoicePreferred: true,
      Label: 'Primary',
      LabelID: digest(`label ${facts.imei}`).slice(0, 8),
      MEID: facts.meid,
      PhoneNumber: sim.phoneNumber,
      Slot: 'CTSubscriptionSlotOne',
      SubscriberCarrierNetwork: isSince(facts.osVersion, '16.0') ? sim.carrier : undefined,
    }),
  ];
}

/** What the authority may know of what it asked for: a query unknown or not permitted is left out, never an error. */
function answerQueries(queries: readonly string[], context: CommandContext): PlistDict {
  const state = context.device.state;
  const data = context.memory.data;
  const source = { facts: state.facts, state, data, now: context.ports.clock.now() };
  const answers: PlistDict = Object.create(null);
  for (const query of queries) {
    const needed = deviceQueries.get(query);
    if (needed === undefined || !hasRights(data.management.accessRights, needed.rights)) continue;
    if (needed.isSupervisedOnly && !state.facts.supervised) continue;
    if (!isSince(state.facts.osVersion, needed.since)) continue;
    if (Object.hasOwn(readers, query)) answers[query] = readers[query]?.(source);
  }
  return answers;
}

export const informationCommands: HandlerTable = {
  async DeviceInformation(parameters, context) {
    const queries = parameters.strings('Queries');
    const refused = refusalOf(await context.apply({ kind: 'inventory' }));
    return refused ?? done(dict({ QueryResponses: answerQueries(queries, context) }));
  },

  async SecurityInfo(_parameters, context) {
    const refused = refusalOf(await context.apply(native('SecurityInfo')));
    if (refused !== undefined) return refused;
    const state = context.device.state;
    const passcode = passcodeReport(state, context.ports.clock.now());
    const grace = context.memory.data.settings?.gracePeriodSeconds ?? 0;
    return done(
      dict({
        SecurityInfo: dict({
          HardwareEncryptionCaps: 3, // block level and file level
          PasscodePresent: passcode.isPresent,
          PasscodeCompliant: passcode.isCompliant,
          PasscodeCompliantWithProfiles: passcode.isCompliant,
          ...(isSince(state.facts.osVersion, '9.3.2')
            ? { PasscodeLockGracePeriod: grace, PasscodeLockGracePeriodEnforced: graceSeconds(state, grace) }
            : {}),
          ManagementStatus: isSince(state.facts.osVersion, '13.0') ? dict({ IsUserEnrollment: false }) : undefined,
        }),
      }),
    );
  },
};
