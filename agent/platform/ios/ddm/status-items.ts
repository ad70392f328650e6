// The status items that this device can report (Apple's schema, declarative/status).
import { createHash } from 'node:crypto';
import type { JsonValue } from '../../../../base/json.js';
import { readCertificate } from '../../../../protocol/x509/certificate.js';
import { nameValue } from '../../../../protocol/x509/name.js';
import type { DeviceState } from '../../../model/state.js';
import { passcodeReport } from '../passcode.js';
import { productOf } from '../products.js';
import type { IosData } from '../saved.js';

interface Source {
  readonly state: DeviceState;
  readonly data: IosData;
  /** Milliseconds since the epoch; without it the age of the passcode is not judged. */
  readonly now?: number;
}
/** Undefined where the device has no such thing, such as a pending update. */
type Reader = (from: Source) => JsonValue | undefined;

const marketingName = ({ state }: Source): string =>
  `${family(state)} ${/^\d+/.exec(state.facts.osVersion)?.[0] ?? ''}`.trim();
const family = (state: DeviceState): string => (state.facts.modelName === 'iPad' ? 'iPadOS' : 'iOS');

export const statusItems: Readonly<Record<string, Reader>> = {
  'device.identifier.serial-number': ({ state }) => state.facts.serial,
  'device.identifier.udid': ({ state }) => state.facts.id,
  'device.model.family': ({ state }) => state.facts.modelName,
  'device.model.identifier': ({ state }) => state.facts.model,
  'device.model.marketing-name': ({ state }) => productOf(state.facts.model)?.marketingName ?? state.facts.modelName,
  'device.model.number': ({ state }) => {
    const number = state.facts.native['ModelNumber'];
    return typeof number === 'string' ? number : undefined;
  },
  'device.operating-system.build-version': ({ state }) => state.facts.osBuild,
  'device.operating-system.family': ({ state }) => family(state),
  'device.operating-system.marketing-name': marketingName,
  'device.operating-system.version': ({ state }) => state.facts.osVersion,
  'device.power.battery-health': () => 'normal',
  'passcode.is-compliant': ({ state, now }) => passcodeReport(state, now).isCompliant,
  'passcode.is-present': ({ state }) => passcodeReport(state).isPresent,
  'softwareupdate.device-id': ({ state }) => productOf(state.facts.model)?.board ?? state.facts.model,
  'softwareupdate.install-state': ({ data }) =>
    data.update === undefined ? 'none' : data.update.status === 'Installing' ? 'installing' : 'prepared',
  'softwareupdate.pending-version': ({ data }) =>
    data.update === undefined ? undefined : { 'os-version': data.update.version, 'build-version': data.update.build },
  'account.list.mail.incoming': ({ state }) => mailAccounts(state, 'incoming'),
  'account.list.mail.outgoing': ({ state }) => mailAccounts(state, 'outgoing'),
  'account.list.exchange': ({ state }) => exchangeAccounts(state),
  'mdm.app': ({ data }) =>
    (data.apps ?? []).map((app) => ({
      identifier: app.id,
      name: app.name,
      version: app.version,
      'short-version': app.version,
      state: listStatus(app.status),
    })),
  'security.certificate.list': ({ data }) => certificates(data),
};

/** `PromptingForManagement` is `prompting-for-management` in mdm.app. */
const listStatus = (status: string): string => status.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();

/** The items always reported, subscribed or not, first. */
export const supportedStatusItems: readonly string[] = [
  'management.client-capabilities',
  'management.declarations',
  ...Object.keys(statusItems),
];

export function readStatusItem(name: string, from: Source): JsonValue | undefined {
  return Object.hasOwn(statusItems, name) ? statusItems[name]?.(from) : undefined;
}

const id = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

function mailAccounts(state: DeviceState, side: 'incoming' | 'outgoing'): JsonValue[] {
  return state.holdings.flatMap(({ profile }) => {
    if (profile.kind !== 'email' || profile.account === 'exchange') return [];
    const server = profile[side];
    if (server === undefined) return [];
    return [
      {
        identifier: id(`${side} ${profile.name}`),
        'visible-name': profile.emailAddress,
        hostname: server.host,
        ...(server.port === undefined ? {} : { port: server.port }),
        ...(server.username === undefined ? {} : { username: server.username }),
        ...(side === 'incoming' ? { 'is-mail-enabled': true, 'are-notes-enabled': false } : {}),
      },
    ];
  });
}

function exchangeAccounts(state: DeviceState): JsonValue[] {
  return state.holdings.flatMap(({ profile }) => {
    if (profile.kind !== 'email' || profile.account !== 'exchange') return [];
    const { host, port, username } = profile.incoming;
    return [
      {
        identifier: id(`exchange ${profile.name}`),
        'visible-name': profile.emailAddress,
        hostname: host,
        port: port ?? 443,
        ...(username === undefined ? {} : { username }),
        'is-mail-enabled': true,
      },
    ];
  });
}

function certificates({ identity, profiles }: IosData): JsonValue[] {
  const all = [
    { der: identity.certificate, isIdentity: true },
    ...profiles.flatMap(({ certificates: held }) =>
      held.map(({ der, key }) => ({ der, isIdentity: key !== undefined })),
    ),
  ];
  return all.map(({ der, isIdentity }) => ({
    identifier: createHash('sha256').update(der).digest('hex'),
    'subject-summary': nameValue(readCertificate(der).subject, 'CN') ?? '',
    'is-identity': isIdentity,
    data: Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64'),
  }));
}
