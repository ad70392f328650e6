// Figures of a computer that nobody has drawn for it: sizes, addresses, numbers. The same each time for the same computer.
import { createHash } from 'node:crypto';
import type { DeviceFacts } from '../../../model/state.js';
import { hwDevIdOf } from '../device-id.js';
import { productOf } from '../products.js';

/** Bytes that belong to this computer under this name: a function of its HWDevID. */
export const bytesOf = (facts: DeviceFacts, name: string, length: number): Buffer =>
  createHash('shake256', { outputLength: length })
    .update(`${name} ${hwDevIdOf(facts)}`)
    .digest();

/** A whole number in [least, most] that belongs to this computer under this name. */
export const numberOf = (facts: DeviceFacts, name: string, least: number, most: number): number =>
  least + (bytesOf(facts, name, 6).readUIntBE(0, 6) % (most - least + 1));

const mebibyte = 2 ** 20;

/** Megabytes as Windows counts them, of a disk that was sold by its gigabytes. */
export const totalStorageMb = ({ capacityGb }: DeviceFacts): number => Math.floor((capacityGb * 1e9) / mebibyte);

/** Between a fifth and three quarters of it. */
export const freeStorageMb = (facts: DeviceFacts): number =>
  Math.floor((totalStorageMb(facts) * numberOf(facts, 'free storage', 20, 75)) / 100);

export function memoryMb({ native }: DeviceFacts): number {
  const { MemoryGb: gigabytes } = native;
  return (typeof gigabytes === 'number' ? gigabytes : 16) * 1024;
}

export const productNameOf = (facts: DeviceFacts): string => {
  const edition = editionNames.get(Number(facts.native['OSEdition'])) ?? 'Enterprise';
  return `Windows 10 ${edition}`;
};

/** ProductName of the registry: it says 10 on Windows 11 too. */
const editionNames: ReadonlyMap<number, string> = new Map([
  [4, 'Enterprise'],
  [48, 'Pro'],
  [72, 'Enterprise Evaluation'],
  [101, 'Home'],
  [121, 'Education'],
  [175, 'Enterprise for Virtual Desktops'],
]);

/** Addresses of the network cards, as Windows writes them: `A4-C3-F0-12-34-56`. */
export const macsOf = ({ native, wifiMac }: DeviceFacts): readonly string[] => {
  const { Macs: macs } = native;
  return typeof macs === 'string' && macs !== '' ? macs.split(',') : [hyphens(wifiMac)];
};

export const hyphens = (mac: string): string => mac.replaceAll(':', '-').toUpperCase();

/** By which it is connected: a portable by Wi-Fi, a desktop computer by its wire, which is the first of its cards. */
export function connectedMac(facts: DeviceFacts): string {
  const isPortable = productOf(facts.model)?.isPortable ?? true;
  return isPortable ? hyphens(facts.wifiMac) : (macsOf(facts)[0] ?? hyphens(facts.wifiMac));
}

export const ipv4Of = (facts: DeviceFacts): string =>
  `192.168.${numberOf(facts, 'network', 0, 255)}.${numberOf(facts, 'host', 2, 254)}`;

/** The link-local address of the card, made as RFC 4291 appendix A has it. */
export function ipv6Of(mac: string): string {
  const octets = mac.split('-').map((octet) => Number.parseInt(octet, 16));
  const [first = 0, ...rest] = octets;
  const all = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const group = (at: number): string => (((all[at] ?? 0) << 8) | (all[at + 1] ?? 0)).toString(16);
  return `fe80::${group(0)}:${group(2)}:${group(4)}:${group(6)}`;
}
