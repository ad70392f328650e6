// A machine that enrolls again under another number (E03), known by what it tells of its hardware with the POST (convention).
import type { EnrollingDevice } from '../../protocol/headwind/types.js';
import type { DeviceRecord } from '../core/types.js';
import type { AndroidContext } from './context.js';
import { memoryOf, remember } from './memory.js';

/** Serial numbers and IMEIs that name no hardware: Build.UNKNOWN, what vendors left as it was, and what each emulator of Android says. */
const nameless: readonly RegExp[] = [
  /^(?:unknown|null|none|n\/a|undefined)$/i,
  /^(.)\1*$/, // zeros, Fs
  /^0?123456789(?:0|0?12345|0?abcdef(?:0123456789abcdef)?)?$/i,
  /^EMULATOR\d/i,
  /^(?:358240051111110|867400022047199)$/,
];

const hardwareOf = (value: unknown): string | undefined => {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || nameless.some((each) => each.test(text)) ? undefined : text;
};

const keys = ['serial', 'imei'] as const;

/**
 * The enrolled device of another number that is this machine: serial number or IMEI are the same, and neither is another. Undefined
 * where it tells nothing that names hardware, or several have told the same.
 */
export function formerOf(
  told: EnrollingDevice,
  number: string,
  { numbers }: Pick<AndroidContext, 'numbers'>,
): DeviceRecord | undefined {
  const own = numbers.find(number)?.device.deviceId;
  for (const key of keys) {
    const text = hardwareOf(told[key]);
    const found = text === undefined ? undefined : numbers.findHardware(text);
    if (found === undefined || found === 'several' || found.device.deviceId === own) continue;
    if (isSame(told, memoryOf(found.device).info ?? {})) return found.device; // only one that is enrolled has told it
  }
  return undefined;
}

/** The 15th digit of an IMEI is computed from the others, and IMEISV has another in its place. */
const significant = (key: (typeof keys)[number], text: string) => (key === 'imei' ? text.slice(0, 14) : text);

/** No fact that both tell is different. */
const isSame = (told: EnrollingDevice, info: Readonly<Record<string, unknown>>): boolean =>
  keys.every((key) => {
    const [one, other] = [hardwareOf(told[key]), hardwareOf(info[key])];
    return one === undefined || other === undefined || significant(key, one) === significant(key, other);
  });

/** What the device that completes its enrollment takes the place of; undefined where that has left or begun anew since. */
export function formerStill(
  device: DeviceRecord,
  { tenant }: Pick<AndroidContext, 'tenant'>,
): DeviceRecord | undefined {
  const former = tenant.device(memoryOf(device).formerDeviceId ?? '');
  return former?.platform === 'android' && former.status !== 'pending' ? former : undefined;
}

/** The new enrollment is complete: the machine is known under its new number alone. */
export function replaceFormer(deviceId: string, former: DeviceRecord | undefined, { tenant }: AndroidContext): void {
  if (former !== undefined) tenant.unenroll(former.deviceId, 'abandoned');
  remember(tenant, deviceId, { formerDeviceId: undefined });
}
