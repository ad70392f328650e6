// The first message of a session (specs/windows.md §1.9), as Windows 10 19043 and Windows 11 26200 were seen to send it.
import type { AlertCommand, Item, SyncMlCommand } from '../../../protocol/syncml/message.js';
import type { DeviceFacts } from '../../model/state.js';
import type { CheckInReason } from '../driver.js';
import { mannersOf } from './manners.js';
import type { QueuedAlert } from './saved.js';

/** `./DevInfo` as a session begins with it. */
export interface DevInfo {
  readonly deviceId: string;
  readonly manufacturer: string;
  readonly model: string;
  /** `en-US` */
  readonly language: string;
}

export interface PackageOne {
  readonly reason: CheckInReason;
  /** Who has signed in. */
  readonly signedIn: 'user' | 'others' | 'none';
  /** What waits to be said. */
  readonly alerts: readonly QueuedAlert[];
  readonly devInfo: DevInfo;
}

/** Version of the device management client: `./DevInfo/DmV` in both captures. */
const dmVersion = '1.3';

/**
 * The commands of a first message, without CmdIDs: 1200 when the server asked for the session, 1201 otherwise; who has signed in;
 * what waits to be said; DevInfo. They are numbered from 2: 1 is the Status that a message after a challenge begins with.
 */
export function packageOne({ reason, signedIn, alerts, devInfo }: PackageOne): readonly SyncMlCommand[] {
  const { deviceId, manufacturer, model, language } = devInfo;
  const leaf = (name: string, data: string): Item => ({ source: `./DevInfo/${name}`, data });
  return [
    { verb: 'Alert', data: reason === 'woken' ? '1200' : '1201', items: [] },
    { verb: 'Alert', data: '1224', items: [{ meta: { type: 'com.microsoft/MDM/LoginStatus' }, data: signedIn }] },
    ...alerts.map(alertOf),
    {
      verb: 'Replace',
      items: [
        leaf('DevId', deviceId),
        leaf('Man', manufacturer),
        leaf('Mod', model),
        leaf('DmV', dmVersion),
        leaf('Lang', language),
      ],
    },
  ];
}

/** An alert of the device's own (§1.11). */
function alertOf({ code, type, source, format, mark, data }: QueuedAlert): AlertCommand {
  const meta = { type, ...(format === undefined ? {} : { format }), ...(mark === undefined ? {} : { mark }) };
  return { verb: 'Alert', data: code, items: [{ ...(source === undefined ? {} : { source }), meta, data }] };
}

/** The alert by which a device says that its user removes management: without Mark before Windows 11 (§0.15). */
export function unenrollAlert(facts: DeviceFacts): QueuedAlert {
  return {
    code: '1226',
    type: 'com.microsoft:mdm.unenrollment.userrequest',
    format: 'int',
    ...(mannersOf(facts).name === 'win10' ? {} : { mark: 'critical' }),
    data: '1',
  };
}

/**
 * Value of the header MDM-GenericAlert, which every message of a session carries that was raised by an alert marked fatal or
 * critical (§1.8): the types, each in angle brackets. Undefined where there is none.
 */
export function genericAlertHeader(alerts: readonly QueuedAlert[]): string | undefined {
  const types = alerts.filter(({ mark }) => mark === 'critical' || mark === 'fatal').map(({ type }) => `<${type}>`);
  return types.length === 0 ? undefined : types.join('');
}
