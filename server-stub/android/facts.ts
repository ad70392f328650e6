// What a device says of itself in an info, by the core's names, and what of it is believed.
import { readPasscodeWord } from '../../protocol/app-config/companion.js';
import type { DeviceInfo } from '../../protocol/headwind/types.js';
import type { DeviceDetails } from '../core/types.js';

const longestFact = 256;

/** What Android says where an app may not read the serial number: in a work profile, and without management. */
const hiddenSerial = 'unknown';

/** Undefined where it is empty or longer than any true one: records are kept for as long as their devices. */
const factOf = (value: string | undefined): string | undefined => {
  const text = value?.trim();
  return text !== undefined && text !== '' && text.length <= longestFact ? text : undefined;
};

/** Those that are there. A number identifies the device, and is its name where nobody gave it another. */
export function factsOf({
  model,
  androidVersion,
  imei,
  serial,
}: Pick<DeviceInfo, 'model' | 'androidVersion' | 'imei' | 'serial'>): DeviceDetails {
  const found: { -readonly [K in keyof DeviceDetails]: DeviceDetails[K] } = {};
  const facts = { model, osVersion: androidVersion, imei, serial: serial === hiddenSerial ? undefined : serial };
  for (const key of ['model', 'osVersion', 'imei', 'serial'] as const) {
    const value = factOf(facts[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** Who makes the devices whose models begin so, as each writes Build.MANUFACTURER. */
const makers: readonly (readonly [RegExp, string])[] = [
  [/^Pixel /, 'Google'],
  [/^SM-/, 'samsung'],
  [/^(?:TC|MC|ET|PS|EC|HC)\d/, 'Zebra Technologies'],
  [/^(?:CT|CN|EDA|CK)\d/, 'Honeywell'],
  [/^(?:Redmi|POCO|Mi|M2\d|2[1-9]\d{3})/, 'Xiaomi'],
];

interface Made {
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
}

/** As the device says by convention when it enrolls; of one that says its model alone, by that. Undefined where that tells nothing. */
export const makerOf = ({ manufacturer, model = '' }: Made): string | undefined =>
  manufacturer ?? makers.find(([begins]) => begins.test(model))?.[1];

/** What compliance is judged by: the companion's word. Nothing of the protocol tells whether storage is encrypted. */
export function securityOf({ custom3 }: DeviceInfo): { readonly hasPasscode?: boolean } {
  const hasPasscode = readPasscodeWord(custom3);
  return hasPasscode === undefined ? {} : { hasPasscode };
}
