// What a device says of itself, and what of it is believed.
import type { DeviceDetails } from '../core/types.js';

const longestFact = 256;

/** The text, unless it is empty or longer than any true one: records are kept for as long as their devices. */
export const factOf = (value: string | undefined): string | undefined => {
  const text = value?.trim();
  return text !== undefined && text !== '' && text.length <= longestFact ? text : undefined;
};

/** Those that are there. */
export function facts(given: { readonly [K in keyof DeviceDetails]?: string | undefined }): DeviceDetails {
  const found: { -readonly [K in keyof DeviceDetails]: DeviceDetails[K] } = {};
  for (const key of ['serial', 'deviceName', 'osVersion', 'model', 'imei'] as const) {
    const value = factOf(given[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** Where a device tells its serial number: Windows 10 does not send it when it enrolls. */
const serialNode = './DevDetail/Ext/Microsoft/SMBIOSSerialNumber';

/** Nodes that an inventory asks; a device that has not one of them answers 404 for it, and no more than that. */
export const inventoryNodes = [
  './DevInfo/Man',
  './DevInfo/Mod',
  './DevInfo/Lang',
  './DevDetail/SwV',
  './DevDetail/FwV',
  './DevDetail/HwV',
  './DevDetail/OEM',
  './DevDetail/Ext/Microsoft/DeviceName',
  './DevDetail/Ext/Microsoft/OSPlatform',
  './DevDetail/Ext/Microsoft/ProcessorArchitecture',
  './DevDetail/Ext/Microsoft/Resolution',
  serialNode,
  './DevDetail/Ext/Microsoft/TotalRAM',
  './DevDetail/Ext/Microsoft/TotalStorage',
  './DevDetail/Ext/Microsoft/FreeStorage',
  './DevDetail/Ext/WLANMACAddress',
] as const;

/** Values by LocURI, as a device answered them, by the core's names. */
export const factsOfNodes = (values: ReadonlyMap<string, string>): DeviceDetails =>
  facts({
    serial: values.get(serialNode.toLowerCase()),
    deviceName: values.get('./devdetail/ext/microsoft/devicename'),
    osVersion: values.get('./devdetail/swv'),
    model: values.get('./devinfo/mod'),
    imei: undefined,
  });

const passwordNode = './Device/Vendor/MSFT/Policy/Result/DeviceLock/DevicePasswordEnabled';
const encryptionNode = './Device/Vendor/MSFT/DeviceStatus/Compliance/EncryptionCompliance';

/** What compliance is judged by. No node tells whether a password or PIN is set: by convention the policy's result does. */
export const securityNodes = [passwordNode, encryptionNode] as const;

/** By the core's names. DevicePasswordEnabled is 0 where the device is locked by a password; what cannot be read was not told. */
export function securityOfNodes(values: ReadonlyMap<string, string>): Readonly<Record<string, boolean>> {
  const password = values.get(passwordNode.toLowerCase())?.trim();
  const encryption = values.get(encryptionNode.toLowerCase())?.trim().toLowerCase();
  const isEncrypted = ['true', '1'].includes(encryption ?? '');
  return {
    ...((password === '0' || password === '1') && { hasPasscode: password === '0' }),
    ...((isEncrypted || encryption === 'false' || encryption === '0') && { isEncrypted }),
  };
}
