// Who the device says that it is: what a launcher may read depends on whether it manages the device.
import { hash } from 'node:crypto';
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import { replaceVariables, type Variables } from '../../../../protocol/managed-config/read.js';
import type { DeviceFacts } from '../../../model/state.js';
import type { AndroidContext, KnownContext } from '../context.js';
import type { Manners } from '../manners.js';

/** A number in [0, below) that belongs to this device for good. */
function ownNumber(serial: string, what: string, below: number): number {
  return hash('sha256', `${what}\0${serial}`, 'buffer').readUIntBE(0, 6) % below;
}

const digits = (serial: string, what: string, length: number): string =>
  String(ownNumber(serial, what, 10 ** length)).padStart(length, '0');

/** A device's owner is let read them, and up to Android 11 the owner of a work profile; no other app is, since Android 10. */
export interface HardwareIdentity {
  readonly imei?: string;
  readonly imsi?: string;
  readonly iccid?: string;
  /** `unknown` where it may not be read. */
  readonly serial: string;
}

/** What the launcher reads of the hardware; of the SIM by convention: a test network's, a function of the serial number. */
export function hardwareIdentity({ device, manners }: Pick<AndroidContext, 'device' | 'manners'>): HardwareIdentity {
  const { facts } = device.state;
  if (!mayRead(manners, facts)) return { serial: 'unknown' };
  const known = identities.get(facts) ?? identityOf(facts);
  identities.set(facts, known);
  return known;
}

const mayRead = ({ management }: Manners, { osVersion }: DeviceFacts): boolean =>
  management === 'fully-managed' || (management === 'work-profile' && Number.parseInt(osVersion, 10) <= 11);

/** A session asks several times, and each computes hashes. */
const identities = new WeakMap<DeviceFacts, HardwareIdentity>();

/** Of a device that its launcher owns. */
export function identityOf({ serial, imei }: DeviceFacts): HardwareIdentity {
  if (imei === undefined) return { serial };
  return { serial, imei, imsi: `00101${digits(serial, 'imsi', 10)}`, iccid: `8988211${digits(serial, 'iccid', 12)}` };
}

/** The IMEI that the launcher goes by: the device's, else the one that the server has. */
export const imeiOf = (
  context: Pick<AndroidContext, 'device' | 'manners'>,
  configuration: HeadwindConfiguration | undefined,
): string | undefined => hardwareIdentity(context).imei ?? configuration?.imei;

/** What stands for DEVICE_NUMBER, IMEI and CUSTOM1 to CUSTOM3. */
export const variablesOf = (context: KnownContext, configuration: HeadwindConfiguration): Required<Variables> => ({
  number: context.memory.data.number,
  imei: imeiOf(context, configuration) ?? '',
  custom1: configuration.custom1 ?? '',
  custom2: configuration.custom2 ?? '',
  custom3: configuration.custom3 ?? '',
});

/** A setting of `com.hmdm.launcher`: the last of its name wins (one key of package, point and name for all apps). */
export function launcherSetting(
  context: KnownContext,
  configuration: HeadwindConfiguration,
  name: string,
): string | undefined {
  const key = `com.hmdm.launcher.${name}`;
  const setting = configuration.applicationSettings.findLast(
    (one) => one.name.endsWith(name) && `${one.packageId}.${one.name}` === key,
  );
  const value = setting?.value ?? undefined;
  if (value === undefined || setting?.variable !== true) return value;
  return replaceVariables(value, variablesOf(context, configuration));
}
