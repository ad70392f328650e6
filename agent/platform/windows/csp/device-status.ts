import type { DeviceFacts } from '../../../model/state.js';
import { productOf } from '../products.js';
import { connectedMac, hyphens, ipv4Of, ipv6Of, macsOf, numberOf } from './figures.js';
import type { CspContext, CspModule } from './module.js';
import { namesBelow, notHere, schemaPath } from './path.js';

type Leaf = (context: CspContext, facts: DeviceFacts, name: string) => string | undefined;

/** SYSTEM_POWER_STATUS of Windows: its BatteryFlag, and seconds at a full battery of eight hours (convention). */
const battery = { none: 128, critical: 4, low: 2, between: 0, high: 1, fullSeconds: 8 * 3600 } as const;

/**
 * Each leaf's value, of a healthy computer as companies have them. What differs between computers follows from what they are, and is
 * the same each time; the battery is the device's own. The meanings are Learn's.
 */
const leaves: Readonly<Record<string, Leaf>> = {
  SecureBootState: () => '1',
  'CellularIdentities/{IMEI}/IMSI': (_, facts) => `26201${digitsOf(facts, 'imsi', 10)}`,
  'CellularIdentities/{IMEI}/ICCID': (_, facts) => `8949020${digitsOf(facts, 'iccid', 12)}`,
  'CellularIdentities/{IMEI}/PhoneNumber': () => '',
  'CellularIdentities/{IMEI}/CommercializationOperator': () => '',
  'CellularIdentities/{IMEI}/RoamingStatus': () => 'false',
  'CellularIdentities/{IMEI}/RoamingCompliance': () => 'true',
  'NetworkIdentifiers/{MacAddress}/IPAddressV4': (_, facts, mac) => (isConnected(facts, mac) ? ipv4Of(facts) : ''),
  'NetworkIdentifiers/{MacAddress}/IPAddressV6': (_, facts, mac) => (isConnected(facts, mac) ? ipv6Of(mac) : ''),
  'NetworkIdentifiers/{MacAddress}/IsConnected': (_, facts, mac) => String(isConnected(facts, mac)),
  'NetworkIdentifiers/{MacAddress}/Type': (_, facts, mac) => kindOf(facts, mac),
  'Compliance/EncryptionCompliance': (_, { native }) => String(native['Encrypted'] !== false),
  'TPM/SpecificationVersion': () => '2.0',
  'TPM/ManufacturerId': (_, facts) => String(Buffer.from(tpmOf(facts), 'latin1').readUInt32BE(0)),
  'TPM/ManufacturerIdTxt': (_, facts) => tpmOf(facts).trim(),
  'TPM/ManufacturerVersion': (_, facts) => tpmVersions[tpmOf(facts)] ?? '1.0.0.0',
  'OS/Edition': (_, { native }) => String(native['OSEdition'] ?? 4),
  'OS/Mode': () => '0',
  'Antivirus/SignatureStatus': () => '1',
  'Antivirus/Status': () => '0',
  'Antispyware/SignatureStatus': () => '1',
  'Antispyware/Status': () => '0',
  'Firewall/Status': () => '0',
  'UAC/Status': () => '1',
  'Battery/Status': ({ device }, facts) => String(batteryFlag(facts, device.state.condition.batteryPercent)),
  // Learn gives this one the text of the next; its name says percent (convention)
  'Battery/EstimatedChargeRemaining': ({ device }, facts) =>
    isPortable(facts) ? String(Math.round(device.state.condition.batteryPercent)) : '-1',
  'Battery/EstimatedRuntime': ({ device }, facts) =>
    isPortable(facts) ? String(Math.round((device.state.condition.batteryPercent / 100) * battery.fullSeconds)) : '-1',
  DomainName: () => '', // joined to no domain
  'DeviceGuard/VirtualizationBasedSecurityHwReq': () => '0',
  'DeviceGuard/VirtualizationBasedSecurityStatus': () => '0',
  'DeviceGuard/LsaCfgCredGuardStatus': () => '3',
  'DeviceGuard/HypervisorEnforcedCodeIntegrityStatus': () => '0',
  'DeviceGuard/SystemGuardStatus': () => '3',
  'DMA/BootDMAProtectionStatus': () => '1',
};

const tpmVersions: Readonly<Record<string, string>> = {
  INTC: '600.18.0.0',
  'STM ': '1.258.0.0',
  'AMD ': '3.92.0.5',
};

/** DeviceStatus: the state of the device as a health report has it (specs/windows.md §2.0). */
export const deviceStatusModule: CspModule = {
  roots: ['./Device/Vendor/MSFT/DeviceStatus'],
  get(node, context) {
    const { facts } = context.device.state;
    const [area, name = ''] = namesBelow(node, 'DeviceStatus');
    if (area === 'CellularIdentities' && name !== facts.imei) return notHere(`it has no modem of the IMEI ${name}`);
    if (area === 'NetworkIdentifiers' && !macsOf(facts).includes(name.toUpperCase()))
      return notHere(`it has no network card of the address ${name}`);
    const path = schemaPath(node, 'DeviceStatus');
    return leaves[path]?.(context, facts, name.toUpperCase()) ?? notHere(`nothing is known of ${path}`);
  },
  children(node, { device }) {
    const { facts } = device.state;
    const path = schemaPath(node, 'DeviceStatus');
    if (path === 'NetworkIdentifiers') return macsOf(facts);
    return path === 'CellularIdentities' && facts.imei !== undefined ? [facts.imei] : [];
  },
};

const isPortable = ({ model }: DeviceFacts): boolean => productOf(model)?.isPortable ?? true;
const isConnected = (facts: DeviceFacts, mac: string): boolean => connectedMac(facts) === mac;
const tpmOf = ({ model }: DeviceFacts): string => productOf(model)?.tpm ?? 'INTC';

/** 1 by wire, 2 wireless, 0 what is neither. */
function kindOf(facts: DeviceFacts, mac: string): '0' | '1' | '2' {
  if (mac === hyphens(facts.bluetoothMac)) return '0';
  return mac === macsOf(facts)[0] && !isPortable(facts) ? '1' : '2';
}

function batteryFlag(facts: DeviceFacts, percent: number): number {
  if (!isPortable(facts)) return battery.none;
  if (percent < 5) return battery.critical;
  if (percent < 33) return battery.low;
  return percent > 66 ? battery.high : battery.between;
}

const digitsOf = (facts: DeviceFacts, name: string, count: number): string =>
  Array.from({ length: count }, (_, at) => numberOf(facts, `${name} ${at}`, 0, 9)).join('');
