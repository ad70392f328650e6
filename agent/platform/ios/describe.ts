import { commandLineError } from '../../../base/command-line.js';
import { nearest } from '../../../base/nearest.js';
import type { Random } from '../../model/ports.js';
import type { DeviceFacts } from '../../model/state.js';
import type { DeviceWish } from '../driver.js';
import { luhn } from '../imei.js';
import { olderSystems, type Product, products, type System, systems } from './products.js';

// Letters that are taken for digits, and vowels, are in no serial number.
const serialAlphabet = '0123456789CDFGHJKMNPQRTVWXY';
const appleOuis = ['a8:5b:f7', 'f0:18:98', '3c:06:30', 'd0:81:7a', '14:7d:da'];

/**
 * Invents an iPhone or iPad: identifiers in Apple's shapes (specs/apple.md §1.1), hardware and system that exist.
 * It is supervised, as a company's devices are; pass `facts: { supervised: false }` for one that is not.
 */
export function describe(random: Random, wish: DeviceWish = {}): DeviceFacts {
  for (const [option, given, shape, example] of [
    ['serial', wish.serial, /^[0-9A-Z]{8,14}$/, '8 to 14 capitals and digits, such as C39XK7PLJC'],
    ['udid', wish.id, /^(?:[0-9A-F]{8}-[0-9A-F]{16}|[0-9a-f]{40})$/, '00008120-000A10843C22201E, or 40 digits of hex'],
  ] as const)
    if (given !== undefined && !shape.test(given))
      throw commandLineError('USAGE', `--${option} "${given}" has not the form of one`, { hint: `Write ${example}.` });
  const product = pick(random, productsFor(wish));
  const [part, capacityGb] = pick(random, product.parts);
  const system = pick(random, systemsFor(product, wish));
  const mac = random.bytes(3);
  const oui = pick(random, appleOuis);
  const imei = luhn(`35${digits(random, 12)}`);
  const made = { id: `${product.chip}-${random.bytes(8).toString('hex').toUpperCase()}`, serial: serial(random) };
  return {
    platform: 'ios',
    id: wish.id ?? made.id, // what is invented is drawn all the same: the rest of a seed's device does not depend on it
    serial: wish.serial ?? made.serial,
    manufacturer: 'Apple',
    model: product.identifier,
    modelName: product.family,
    osVersion: system.version,
    osBuild: system.build,
    ...(product.cellular ? { imei, meid: imei.slice(0, 14) } : {}), // a MEID of today's phones is the IMEI without its check digit
    wifiMac: address(oui, mac, 0),
    bluetoothMac: address(oui, mac, 1),
    capacityGb,
    supervised: true,
    native: { ModelNumber: `${part}LL/A` },
  };
}

function productsFor({ model, os }: DeviceWish): readonly Product[] {
  const wanted = model?.toLowerCase();
  const found = products.filter(({ identifier, marketingName }) =>
    wanted === undefined ? true : [identifier, marketingName].some((name) => name.toLowerCase() === wanted),
  );
  if (model !== undefined && found.length === 0) {
    const names = products.flatMap(({ identifier, marketingName }) => [identifier, marketingName]);
    throw notKnown(
      'model',
      model,
      names,
      products.map((each) => `${each.identifier} (${each.marketingName})`),
    );
  }
  if (isOlder(os) && found.some(({ since }) => since === 0)) return found.filter(({ since }) => since === 0);
  const index = systems.findIndex(({ version, build }) => os === version || os === build);
  if (os !== undefined && index < 0)
    throw notKnown(
      'os',
      os,
      systems.flatMap(({ version, build }) => [version, build]),
      systems.map(({ version }) => version),
    );
  const able = os === undefined ? found : found.filter(({ since }) => since <= index);
  const [first] = found;
  if (able.length > 0 || first === undefined) return able;
  throw commandLineError('USAGE', `${first.marketingName} does not run ${systems[index]?.version ?? ''}`, {
    hint: `Choose --os from ${systems
      .slice(first.since)
      .map(({ version }) => version)
      .join(', ')}.`,
  });
}

function notKnown(option: string, given: string, names: readonly string[], all: readonly string[]): Error {
  const near = nearest(given, names);
  const hint = near === undefined ? `Choose from ${all.join(', ')}.` : `Did you mean ${near}?`;
  return commandLineError('USAGE', `--${option} "${given}" is none that can be emulated`, { hint });
}

const isNamed = (os: string | undefined) => (system: System) => os === system.version || os === system.build;
const isOlder = (os: string | undefined): boolean => olderSystems.some(isNamed(os));

const systemsFor = ({ since }: Product, { os }: DeviceWish): readonly System[] => {
  if (os === undefined) return systems.slice(since);
  return [...(since === 0 ? olderSystems : []), ...systems.slice(since)].filter(isNamed(os));
};

function pick<T>(random: Random, list: readonly T[]): T {
  const value = list[random.integer(list.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

/** Ten characters since 2021, twelve before; both are in the field. */
function serial(random: Random): string {
  const length = random.integer(4) === 0 ? 12 : 10;
  let text = pick(random, ['F', 'G', 'D', 'C', 'H', 'J']);
  while (text.length < length) text += serialAlphabet[random.integer(serialAlphabet.length)];
  return text;
}

function digits(random: Random, count: number): string {
  let text = '';
  while (text.length < count) text += random.integer(10);
  return text;
}

function address(oui: string, tail: Buffer, offset: number): string {
  const number = (tail.readUIntBE(0, 3) + offset) & 0xff_ffff;
  const hex = number.toString(16).padStart(6, '0');
  return `${oui}:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}

/** As devices write it: `35 123456 789012 3`. */
export function spacedImei(imei: string): string {
  return `${imei.slice(0, 2)} ${imei.slice(2, 8)} ${imei.slice(8, 14)} ${imei.slice(14)}`;
}
