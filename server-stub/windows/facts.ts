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
