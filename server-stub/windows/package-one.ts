// What a device says when it begins a session (specs/windows.md §1.9, §1.11).
import type { AlertCommand, Item, SyncMlMessage } from '../../protocol/syncml/message.js';
import type { DeviceDetails } from '../core/types.js';
import { stubError } from '../errors.js';
import { factOf, facts } from './facts.js';

const unenrollType = 'com.microsoft:mdm.unenrollment.userrequest';
const loginType = 'com.microsoft/MDM/LoginStatus';

export interface PackageOne {
  /** The device leaves management, and says so for the last time. */
  readonly leaves: boolean;
  /** A person of the enrollment is signed in; what says nothing of it is taken to have one. */
  readonly isSignedIn: boolean;
  readonly facts: DeviceDetails;
  readonly manufacturer?: string;
  /** Types of other alerts, for the log. */
  readonly alerts: readonly string[];
}

/** Throws MESSAGE_REFUSED where it begins no session of device management. */
export function readPackageOne({ commands }: SyncMlMessage): PackageOne {
  const alerts = commands.filter((command): command is AlertCommand => command.verb === 'Alert');
  if (!alerts.some(({ data }) => data === '1200' || data === '1201')) {
    throw stubError('MESSAGE_REFUSED', 'the first message of a session has neither alert 1200 nor 1201');
  }
  const typed = alerts.flatMap(({ data, items }) => items.map((item) => ({ code: data, type: item.meta?.type, item })));
  const login = typed.find(({ type }) => type === loginType)?.item.data?.trim();
  const manufacturer = factOf(devInfo(commands, 'Man'));
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    leaves: hasLeft({ commands }),
    isSignedIn: login === undefined || login === 'user',
    facts: facts({ deviceName: undefined, osVersion: undefined, imei: undefined, model: devInfo(commands, 'Mod') }),
    alerts: typed.flatMap(({ type }) => (type === undefined || type === loginType ? [] : [type.slice(0, 200)])),
  };
}

/** Alert 1226 of a device that leaves. */
export const hasLeft = ({ commands }: Pick<SyncMlMessage, 'commands'>): boolean =>
  commands.some(
    (command) =>
      command.verb === 'Alert' &&
      command.data === '1226' &&
      command.items.some(({ meta }) => meta?.type?.toLowerCase() === unenrollType),
  );

/** A leaf of DevInfo, of the Replace that comes with package 1. */
function devInfo(commands: SyncMlMessage['commands'], leaf: string): string | undefined {
  const items: readonly Item[] = commands.flatMap((command) => (command.verb === 'Replace' ? command.items : []));
  return items.find(({ source, target }) => (source ?? target)?.toLowerCase() === `./devinfo/${leaf.toLowerCase()}`)
    ?.data;
}
