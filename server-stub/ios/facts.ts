// What a device says of itself, and what of it is believed.
import { isDict, type PlistDict } from '../../protocol/plist/value.js';

const longestFact = 256;

interface ReportedFacts {
  deviceName?: string;
  osVersion?: string;
  model?: string;
  imei?: string;
}

/** The text, unless it is empty or longer than any true one: records are kept for as long as their devices. */
export const factOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= longestFact ? value : undefined;

/** Those that are there. */
export function facts(given: { readonly [K in keyof ReportedFacts]: unknown }): ReportedFacts {
  const found: ReportedFacts = {};
  for (const key of ['deviceName', 'osVersion', 'model', 'imei'] as const) {
    const value = factOf(given[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** The facts of an answered DeviceInformation, by the core's names. */
export function inventoryFacts(data: PlistDict): ReportedFacts {
  const answers = data['QueryResponses'];
  if (!isDict(answers)) return {};
  const { DeviceName, OSVersion, ProductName, IMEI } = answers;
  return facts({ deviceName: DeviceName, osVersion: OSVersion, model: ProductName, imei: IMEI });
}

/** Bits of HardwareEncryptionCaps: blocks and files. */
const isCapable = 3;

/**
 * What an answered SecurityInfo says of compliance, by the core's names. Apple: data is protected where HardwareEncryptionCaps is 3 and a
 * passcode is set.
 */
export function securityFacts(data: PlistDict): { hasPasscode?: boolean; isEncrypted?: boolean } {
  const { SecurityInfo: told } = data;
  if (!isDict(told)) return {};
  const { PasscodePresent: hasPasscode, HardwareEncryptionCaps: caps } = told;
  if (typeof hasPasscode !== 'boolean') return {};
  const isKnown = typeof caps === 'number' || typeof caps === 'bigint';
  return { hasPasscode, ...(isKnown && { isEncrypted: Number(caps) === isCapable && hasPasscode }) };
}
