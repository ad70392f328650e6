// What a device tells of itself when it asks for a certificate (specs/windows.md §1.4); the codec has the order.
import { contextItems } from '../../../protocol/mde2/context-items.js';
import type { DeviceState } from '../../model/state.js';
import { deviceIdOf, hwDevIdOf } from './device-id.js';
import { mannersOf } from './manners.js';

type Items = ReturnType<typeof contextItems>;

/** What of an enrollment the items say. */
interface AskedAs {
  readonly enrollmentType: 'Full' | 'Device';
  /** A person began it; false for a program (a token that was given). */
  readonly isByPerson: boolean;
  /** In the out-of-box experience, as a device whose serial number Autopilot knows: each build tells it (convention). */
  readonly isByAutopilot?: boolean;
  readonly requestVersion: string;
  /** What the terms of use of a join gave. */
  readonly enrollmentData?: string;
}

/** The context items of a request for the first certificate. */
export function enrollmentItems({ facts, condition }: DeviceState, asked: AskedAs): Items {
  const text = (name: string, otherwise: string): string => String(facts.native[name] ?? otherwise);
  const { saysRequestVersion, saysHardware, name } = mannersOf(facts);
  const { isByAutopilot = false } = asked;
  return contextItems({
    uxInitiated: asked.isByPerson,
    hwDevId: hwDevIdOf(facts),
    locale: text('Locale', 'en-US'),
    targetedUserLoggedIn: condition.signedIn === undefined || condition.signedIn === 'user',
    osEdition: osEditionOf(facts),
    deviceName: condition.deviceName,
    macs: text('Macs', facts.wifiMac.replaceAll(':', '-').toUpperCase()).split(','),
    deviceId: deviceIdOf(facts),
    enrollmentType: asked.enrollmentType,
    osVersion: facts.osVersion,
    applicationVersion: facts.osVersion,
    notInOobe: name === 'win11' && !isByAutopilot, // false in the capture of 19043: convention
    ...(saysRequestVersion
      ? { ...(facts.imei === undefined ? {} : { imeis: [facts.imei] }), requestVersion: asked.requestVersion }
      : {}),
    ...(saysHardware ? { manufacturer: facts.manufacturer, deviceModel: facts.model } : {}),
    ...(saysHardware || isByAutopilot ? { serialNumber: facts.serial } : {}),
    ...(asked.enrollmentData === undefined ? {} : { enrollmentData: asked.enrollmentData }),
  });
}

/** 4 is Enterprise. */
export const osEditionOf = ({ native }: DeviceState['facts']): number => {
  const edition = native['OSEdition'];
  return typeof edition === 'number' ? edition : 4;
};

/** The context items of a renewal: which ones Windows sends has not been captured; those that servers look for, in their order. */
export const renewalItems = ({ facts }: DeviceState, enrollmentType: AskedAs['enrollmentType']): Items => [
  ['HWDevID', hwDevIdOf(facts)],
  ['DeviceID', deviceIdOf(facts)],
  ['EnrollmentType', enrollmentType],
  ['DeviceType', 'CIMClient_Windows'],
  ['ApplicationVersion', facts.osVersion],
];
