// A device in Graph's words: microsoft.graph.managedDevice. What Graph has no word for stands under `rollcall`.
import type { Authority, Outcome } from '../../protocol/vocabulary.js';
import type { Compliance } from '../core/compliance-types.js';
import type { Commands, CompliancePolicies, ResourceGate, Users } from '../core/interfaces.js';
import type { DeviceRecord, ListedProfile, QueuedCommand } from '../core/types.js';
import { directoryId, joinOf } from './directory-device.js';
import type { Row } from './filter.js';
import { type AdminPorts, isoTime } from './graph.js';
import { wordsOf } from './platform-words.js';

/** Graph's managementAgentType of v1.0, which has no word for Basic Mobility and Security: it is Intune's service. */
const agents: Readonly<Record<Authority, string>> = {
  unknown: 'unknown',
  intune: 'mdm',
  sccm: 'configurationManagerClientMdm',
  office365: 'mdm',
};

/** Graph's name of each action: of the address that starts it, and in deviceActionResults. */
export const actionNames = {
  lock: 'remoteLock',
  'clear-passcode': 'resetPasscode',
  restart: 'rebootNow',
  retire: 'retire',
  wipe: 'wipe',
  locate: 'locateDevice',
  'shut-down': 'shutDown',
} as const;

const actionStates: Readonly<Record<QueuedCommand['status'], string>> = {
  waiting: 'pending',
  sent: 'active',
  later: 'pending',
  done: 'done',
  failed: 'failed',
};

/** C11: intune and ConfigMgr together. */
const agentOf = ({ managedBy, enrollmentType }: DeviceRecord): string =>
  enrollmentType === 'comanaged' && managedBy === 'intune' ? agents.sccm : agents[managedBy];

export function toManagedDevice(
  { tenant, words }: Pick<AdminPorts<Users & Commands & ResourceGate & CompliancePolicies>, 'tenant' | 'words'>,
  device: DeviceRecord,
): Row {
  const user = device.userId === undefined ? undefined : tenant.user(device.userId);
  const { operatingSystem, columns } = wordsOf(words, device.platform);
  const { manufacturer, managedDeviceOwnerType, deviceEnrollmentType } = columns(device);
  return {
    id: device.id,
    deviceName: device.deviceName ?? device.serial,
    userId: device.userId ?? '',
    userPrincipalName: user?.upn ?? '',
    userDisplayName: user?.displayName ?? '',
    managedDeviceOwnerType,
    operatingSystem,
    osVersion: device.osVersion ?? '',
    enrolledDateTime: isoTime(device.enrolledAt),
    lastSyncDateTime: isoTime(device.lastSyncAt ?? device.enrolledAt),
    ...complianceRow(tenant.complianceOf(device.deviceId)),
    managementAgent: agentOf(device),
    managementCertificateExpirationDate:
      device.certificateExpiresAt === undefined ? null : isoTime(device.certificateExpiresAt),
    managementState: managementStates[device.status],
    deviceEnrollmentType,
    azureADRegistered: true,
    azureADDeviceId: directoryId('deviceId', device.id),
    serialNumber: device.serial,
    imei: device.imei ?? '',
    model: device.model ?? '',
    manufacturer,
    exchangeAccessState: 'none',
    exchangeAccessStateReason: 'none',
    deviceActionResults: [...actionResults(tenant.commands(device.deviceId)), ...syncResult(device)],
    rollcall: {
      deviceId: device.deviceId,
      platform: device.platform,
      status: device.status,
      managedBy: device.managedBy,
      compliance: toComplianceRow(tenant.complianceOf(device.deviceId)),
      heldProfiles: tenant.heldProfiles(device.deviceId).map(toHeldRow),
    },
  };
}

/** What this authority's console shows, which may lag behind (A28). */
function complianceRow({ state, graceEndsAt, console }: Compliance): Row {
  const shown = console?.state ?? state;
  const hasGrace = shown === 'inGracePeriod' && graceEndsAt !== undefined;
  return {
    complianceState: shown,
    complianceGracePeriodExpirationDateTime: hasGrace ? isoTime(graceEndsAt) : null,
  };
}

/** What is so: that of the device and of the directory (A14), and until when the console may show something else. */
const toComplianceRow = ({ state, violated, graceEndsAt, console }: Compliance): Row => ({
  state,
  violated,
  ...(graceEndsAt !== undefined && { graceEndsAt: isoTime(graceEndsAt) }),
  ...(console !== undefined && { consoleUntil: isoTime(console.until) }),
});

/** Of times: those that there are. */
const toHeldRow = ({ since, staleSince, endsAt, ...held }: ListedProfile): Row => ({
  ...held,
  ...(since !== undefined && { since: isoTime(since) }),
  ...(staleSince !== undefined && { staleSince: isoTime(staleSince) }),
  ...(endsAt !== undefined && { endsAt: isoTime(endsAt) }),
});

const managementStates: Readonly<Record<DeviceRecord['status'], string>> = {
  pending: 'unhealthy',
  enrolled: 'managed',
  retiring: 'retirePending',
  wiping: 'wipePending',
  removed: 'deletePending',
};

/** The newest result of each action, as Graph keeps them. */
function actionResults(commands: readonly QueuedCommand[]): readonly Row[] {
  const newest = new Map<string, Row & { readonly at: number }>();
  for (const { command, by, status, outcome, queuedAt, answeredAt } of commands) {
    if (by !== 'administrator' || !isAction(command.kind)) continue;
    const actionName = actionNames[command.kind];
    if ((newest.get(actionName)?.at ?? -1) > queuedAt) continue;
    newest.set(actionName, {
      at: queuedAt,
      actionName,
      actionState: isUnsupported(outcome) ? 'notSupported' : actionStates[status],
      startDateTime: isoTime(queuedAt),
      lastUpdatedDateTime: isoTime(answeredAt ?? queuedAt),
    });
  }
  return [...newest.values()].map(({ at: _, ...result }) => ({ ...result }));
}

const isUnsupported = (outcome: Outcome | undefined): boolean =>
  outcome?.status === 'failed' && outcome.isUnsupported === true;

/** It is no command: done with the first session after it was asked for. */
function syncResult({ sync }: DeviceRecord): readonly Row[] {
  if (sync === undefined) return [];
  const { askedAt, doneAt } = sync;
  return [
    {
      actionName: 'syncDevice',
      actionState: doneAt === undefined ? 'pending' : 'done',
      startDateTime: isoTime(askedAt),
      lastUpdatedDateTime: isoTime(doneAt ?? askedAt),
    },
  ];
}

const isAction = (kind: string): kind is keyof typeof actionNames => Object.hasOwn(actionNames, kind);

export const managedDeviceFields: ReadonlySet<string> = new Set([
  'id',
  'deviceName',
  'userId',
  'userPrincipalName',
  'userDisplayName',
  'managedDeviceOwnerType',
  'operatingSystem',
  'osVersion',
  'enrolledDateTime',
  'lastSyncDateTime',
  'complianceState',
  'complianceGracePeriodExpirationDateTime',
  'managementAgent',
  'managementCertificateExpirationDate',
  'managementState',
  'deviceEnrollmentType',
  'azureADRegistered',
  'azureADDeviceId',
  'serialNumber',
  'imei',
  'model',
  'manufacturer',
  'exchangeAccessState',
  'exchangeAccessStateReason',
  'deviceActionResults',
  'rollcall',
]);

/** As the beta version shows it: how the device is joined, and by a word of its own what Basic Mobility and Security manages. */
export function toBetaDevice(ports: Parameters<typeof toManagedDevice>[0], device: DeviceRecord): Row {
  const row = toManagedDevice(ports, device);
  return {
    ...row,
    ...(device.managedBy === 'office365' && { managementAgent: 'microsoft365ManagedMdm' }),
    joinType: joinOf(String(row['deviceEnrollmentType']))[1],
  };
}

export const betaDeviceFields: ReadonlySet<string> = new Set([...managedDeviceFields, 'joinType']);
