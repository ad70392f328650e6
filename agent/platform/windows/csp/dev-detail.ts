import type { DeviceFacts } from '../../../model/state.js';
import { sessionBehaviourOf } from '../behaviour.js';
import type { WindowsMemory } from '../memory.js';
import { productOf } from '../products.js';
import type { WindowsData } from '../saved.js';
import {
  bytesOf,
  connectedMac,
  freeStorageMb,
  hyphens,
  ipv4Of,
  ipv6Of,
  memoryMb,
  numberOf,
  productNameOf,
  totalStorageMb,
} from './figures.js';
import type { CspContext, CspModule } from './module.js';
import { badValue, notHere, schemaPath } from './path.js';

const ext = 'Ext/Microsoft/';
const names = ['Ext/Microsoft/DeviceName', 'Ext/Microsoft/DNSComputerName'] as const;

/** Each leaf's value; of those that are not here a PC has none (Learn). */
const leaves: Readonly<Record<string, (context: CspContext, facts: DeviceFacts) => string>> = {
  'URI/MaxDepth': () => '0',
  'URI/MaxTotLen': () => '0',
  'URI/MaxSegLen': () => '0',
  DevTyp: (_, { model }) => model, // SystemProductName, as Mod
  OEM: (_, { manufacturer }) => manufacturer,
  FwV: (_, facts) => firmwareOf(facts),
  HwV: (_, facts) => firmwareOf(facts), // on a PC the BIOS version too (Learn)
  SwV: (_, { osVersion }) => osVersion,
  LrgObj: (_, facts) => String(sessionBehaviourOf(facts).largeObject === 'chunk'),
  [`${ext}Resolution`]: (_, facts) => resolutions[numberOf(facts, 'screen', 0, 7)] ?? '1920x1080',
  [`${ext}ProcessorArchitecture`]: (_, facts) => (productOf(facts.model)?.architecture === 'arm64' ? '12' : '9'),
  [`${ext}ProcessorType`]: () => '8664', // PROCESSOR_AMD_X8664, whoever made it
  [`${ext}OSPlatform`]: (_, facts) => productNameOf(facts),
  [`${ext}LocalTime`]: ({ ports }) => localTime(ports.clock.now()),
  [`${ext}DeviceName`]: ({ device }) => device.state.condition.deviceName,
  [`${ext}DNSComputerName`]: ({ device }) => device.state.condition.deviceName,
  [`${ext}TotalStorage`]: (_, facts) => String(totalStorageMb(facts)),
  [`${ext}FreeStorage`]: (_, facts) => String(freeStorageMb(facts)),
  [`${ext}TotalRAM`]: (_, facts) => String(memoryMb(facts)),
  [`${ext}SMBIOSSerialNumber`]: (_, { serial }) => serial,
  [`${ext}SMBIOSVersion`]: () => '3.4',
  [`${ext}SystemSKU`]: (_, facts) => productOf(facts.model)?.sku ?? facts.model,
  'Ext/WLANMACAddress': (_, { wifiMac }) => wifiMac.replaceAll(':', '').toUpperCase(),
  'Ext/WlanIPv4Address': (_, facts) => (isOnWifi(facts) ? ipv4Of(facts) : ''),
  'Ext/WlanIPv6Address': (_, facts) => (isOnWifi(facts) ? ipv6Of(hyphens(facts.wifiMac)) : ''),
  'Ext/WlanDnsSuffix': () => '',
  'Ext/WlanSubnetMask': (_, facts) => (isOnWifi(facts) ? '255.255.255.0' : ''),
  // the hash by which Autopilot knows a computer: bytes of its length that belong to this one (what they say is not known: convention)
  'Ext/DeviceHardwareData': (_, facts) => bytesOf(facts, 'hardware', 3000).toString('base64'),
};

const resolutions = ['2560x1440', '3840x2160', '1920x1200', '2880x1920'];

const firmwareOf = ({ model }: DeviceFacts): string => productOf(model)?.firmware ?? '1.0';
const isOnWifi = (facts: DeviceFacts): boolean => connectedMac(facts) === hyphens(facts.wifiMac);

/** ISO 8601 with seven digits of a second, as Windows counts time; a device of ours keeps UTC (convention). */
const localTime = (now: number): string => new Date(now).toISOString().replace('Z', '0000Z');

/**
 * DevDetail: what the device is made of (specs/windows.md §2.0). A new DeviceName is taken at the next start of Windows: see
 * `nameAfterRestart`.
 */
export const devDetailModule: CspModule = {
  roots: ['./DevDetail'],
  get(node, context) {
    const path = schemaPath(node, 'DevDetail');
    const leaf = leaves[path];
    return leaf === undefined ? notHere(`a PC has no ${path}`) : leaf(context, context.device.state.facts);
  },
  judge({ node, value }, { device }) {
    const path = schemaPath(node, 'DevDetail');
    if (value === undefined || !names.some((name) => name === path)) return undefined;
    const name = expanded(value.value, device.state.facts);
    return isName(name) ? undefined : badValue(`“${value.value}” is no name for a computer`);
  },
  written({ node, value }, { tree, device }) {
    const path = schemaPath(node, 'DevDetail');
    if (value !== undefined && names.some((name) => name === path))
      tree.set(node.uri, expanded(value.value, device.state.facts));
    return undefined;
  },
};

/** Up to 63 letters, digits and hyphens, and not digits alone (Learn). */
const isName = (name: string): boolean => /^[A-Za-z0-9-]{1,63}$/.test(name) && !/^\d+$/.test(name);

/** `%SERIAL%` and `%RAND:4%` in it are replaced (Learn); the digits belong to the computer. */
function expanded(name: string, facts: DeviceFacts): string {
  return name
    .replaceAll(/%SERIAL%/gi, () => facts.serial)
    .replaceAll(/%RAND:(\d{1,2})%/gi, (_, count: string) =>
      [...bytesOf(facts, `name ${name}`, Number(count))].map((byte) => byte % 10).join(''),
    );
}

/**
 * The name that the device takes when it next starts, where a server has written one. Where both nodes were written DeviceName wins
 * (our rule).
 */
export function nameAfterRestart({ tree }: Pick<WindowsData, 'tree'>): string | undefined {
  return nameKeys.map((key) => tree[key]?.value).find((name) => name !== undefined);
}

/** The same, at the restart: it is written no more. */
export function takeNewName(memory: WindowsMemory): string | undefined {
  const name = nameAfterRestart(memory.data);
  if (name === undefined) return undefined;
  const entries = Object.entries(memory.data.tree).filter(([key]) => !nameKeys.includes(key));
  memory.change({ tree: Object.fromEntries(entries) });
  return name;
}

const nameKeys: readonly string[] = names.map((name) => `./devdetail/${name}`.toLowerCase());
