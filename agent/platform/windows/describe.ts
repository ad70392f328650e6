import { commandLineError } from '../../../base/command-line.js';
import { nearest } from '../../../base/nearest.js';
import type { Random } from '../../model/ports.js';
import type { DeviceFacts } from '../../model/state.js';
import type { DeviceWish } from '../driver.js';
import { luhn } from '../imei.js';
import { desktopName, hwDevIdFrom } from './device-id.js';
import { makers, type Product, products, type Release, releases } from './products.js';
import { fits, serialExamples, serialFor, smbiosUuid } from './serial.js';

/** OSEdition of Windows Enterprise and Pro (specs/windows.md §1.1): what companies have. */
const editions = [4, 4, 48] as const;
const locales = ['en-US', 'en-US', 'en-GB', 'de-DE', 'fr-FR'] as const;
/** Addresses of Intel's wireless cards, which most such computers have, and of their makers' wired ones. */
const wireless = ['A4-C3-F0', '3C-A9-F4', '70-A6-CC', '8C-F8-C5', 'F8-E4-E3', 'DC-71-96'] as const;
const wired = { dell: '00-BE-43', hp: 'C8-5A-CF', lenovo: '84-A9-38', microsoft: '28-18-78' } as const;

/**
 * Invents a PC with Windows 10 or 11: hardware and builds that exist, identifiers in their shapes (specs/windows.md §1.4). `--model` is
 * the SMBIOS product name or the name that people use, `--os` a release (`11 23H2`), a build (`26100`) or a version (`10.0.19045.5011`),
 * `--udid` the DeviceID. Throws USAGE for a wish that none can meet. `supervised` is false: Windows has no such thing.
 */
export function describe(random: Random, wish: DeviceWish = {}): DeviceFacts {
  if (wish.id !== undefined && !/^[0-9A-F]{32}$/.test(wish.id))
    throw notThatForm(
      'udid',
      wish.id,
      '32 digits of hexadecimal in capitals (the DeviceID)',
      'of the form of 1E08C6E95D8BB843B1278FF45BC60CC6',
    );
  const product = pick(random, productsFor(wish));
  const capacityGb = pick(random, product.storageGb);
  const system = systemFor(random, product, wish);
  // what is invented is drawn all the same: the rest of a seed's device does not depend on what was wished for
  const made = { id: hexOf(random, 16), serial: serialFor(product.maker, random) };
  const [uuid, cards, name, imei] = [random.uuid(), random.bytes(6), random.bytes(7), imeiOf(random)];
  const identity = {
    serial: wish.serial ?? made.serial,
    manufacturer: product.manufacturer,
    model: product.model,
  };
  const smbios = smbiosUuid(product.maker, identity.serial, uuid);
  const [memoryGb, osEdition, locale] = [pick(random, product.memoryGb), pick(random, editions), pick(random, locales)];
  const macs = networkCards(random, product, cards);
  return {
    platform: 'windows',
    id: wish.id ?? made.id,
    ...identity,
    modelName: product.marketingName,
    ...system,
    ...(product.isCellular ? { imei } : {}),
    wifiMac: colons(macs.wifi),
    bluetoothMac: colons(macs.bluetooth),
    capacityGb,
    supervised: false,
    native: {
      HWDevID: hwDevIdFrom(identity, smbios),
      SmbiosUuid: smbios,
      OSEdition: osEdition,
      Locale: locale,
      Macs: macs.all.join(','),
      DeviceName: desktopName(name),
      MemoryGb: memoryGb,
    },
  };
}

function productsFor({ model, os, serial }: DeviceWish): readonly Product[] {
  const wanted = model?.toLowerCase();
  const named = products.filter((each) =>
    wanted === undefined ? true : [each.model, each.marketingName].some((name) => name.toLowerCase() === wanted),
  );
  if (model !== undefined && named.length === 0) {
    const near = nearest(
      model,
      products.flatMap((each) => [each.model, each.marketingName]),
    );
    throw notKnown('model', model, near, products.map(title));
  }
  const ofSerial = serial === undefined ? named : named.filter(({ maker }) => fits(maker, serial));
  if (serial !== undefined && ofSerial.length === 0) {
    const asked = model === undefined ? makers : [...new Set(named.map(({ maker }) => maker))];
    throw notThatForm('serial', serial, 'one of its manufacturer’s', serialExamples(asked));
  }
  const release = os === undefined ? undefined : releaseOf(os);
  const able = release === undefined ? ofSerial : ofSerial.filter(({ runs }) => runs.includes(release.generation));
  const [first] = ofSerial;
  if (able.length > 0 || first === undefined) return able;
  throw commandLineError('USAGE', `${first.marketingName} does not run Windows ${release?.name ?? ''}`, {
    hint: `Choose --os from ${namesOf(releasesOn(first)).join(', ')}.`,
  });
}

const title = ({ model, marketingName }: Product): string =>
  model === marketingName ? model : `${model} (${marketingName})`;
const namesOf = (list: readonly Release[]): readonly string[] => list.map(({ name }) => name);
const releasesOn = ({ runs }: Product) => releases.filter(({ generation }) => runs.includes(generation));

const version = /^10\.0\.(\d{5})(?:\.(\d{1,5}))?$/;

/** The release that is meant by `11 23H2`, `Windows 11 23H2`, `22631`, `10.0.22631` or `10.0.22631.4317`. Throws USAGE. */
function releaseOf(os: string): Release {
  const build = version.exec(os)?.[1] ?? /^(\d{5})(?:\.\d{1,5})?$/.exec(os)?.[1];
  const name = os.replace(/^windows\s+/i, '').toLowerCase();
  const found = releases.find((each) => String(each.build) === build || each.name.toLowerCase() === name);
  if (found !== undefined) return found;
  const examples = releases.map((each) => `${each.name} (${each.build})`);
  throw notKnown('os', os, nearest(name, namesOf(releases)), examples);
}

/** The revision that is named, which need not be one of ours: there is one each month. Else the newest of the release that is named. */
function systemFor(random: Random, product: Product, { os }: DeviceWish) {
  const drawn = pick(random, releasesOn(product));
  const drawnRevision = pick(random, drawn.revisions);
  if (os === undefined) return systemOf(drawn, drawnRevision);
  const release = releaseOf(os);
  const named = /^(?:10\.0\.)?\d{5}\.(\d{1,5})$/.exec(os)?.[1];
  return systemOf(release, named === undefined ? Math.max(...release.revisions) : Number(named));
}

const systemOf = ({ build }: Release, revision: number) => ({
  osVersion: `10.0.${build}.${revision}`,
  osBuild: `${build}.${revision}`,
});

function notKnown(option: string, given: string, near: string | undefined, all: readonly string[]): Error {
  const hint = near === undefined ? `Choose from ${all.join(', ')}.` : `Did you mean ${near}?`;
  return commandLineError('USAGE', `--${option} "${given}" is none that can be emulated`, { hint });
}

const notThatForm = (option: string, given: string, form: string, example: string): Error =>
  commandLineError('USAGE', `--${option} "${given}" has not the form of one`, { hint: `Write ${form}, ${example}.` });

function pick<T>(random: Random, list: readonly T[]): T {
  const value = list[random.integer(list.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

const hexOf = (random: Random, length: number): string => random.bytes(length).toString('hex').toUpperCase();

/** Fifteen digits: a type allocation code of modems (convention), a number, and the check digit (ISO/IEC 7812-1 annex B). */
function imeiOf(random: Random): string {
  let payload = '86';
  while (payload.length < 14) payload += random.integer(10);
  return luhn(payload);
}

/** The network cards that Windows lists: wired, wireless, its two virtual ones of Wi-Fi Direct, Bluetooth. */
function networkCards(random: Random, { maker, isPortable }: Product, tail: Buffer) {
  const [oui, own, other] = [pick(random, wireless), tail.subarray(0, 3), tail.subarray(3, 6)];
  const wifi = address(oui, own, 0);
  const bluetooth = address(oui, own, 4);
  const ethernet = address(wired[maker], other, 0);
  const all = [wifi, local(wifi, 0x02), local(wifi, 0x06), bluetooth];
  return { wifi, bluetooth, all: isPortable ? all : [ethernet, ...all] };
}

function address(oui: string, tail: Buffer, offset: number): string {
  const hex = (((tail.readUIntBE(0, 3) & 0xff_fff0) + offset) & 0xff_ffff).toString(16).padStart(6, '0').toUpperCase();
  return `${oui}-${hex.slice(0, 2)}-${hex.slice(2, 4)}-${hex.slice(4, 6)}`;
}

/** A locally administered address made of another one, as virtual cards have. */
function local(mac: string, bits: number): string {
  const first = Number.parseInt(mac.slice(0, 2), 16) ^ bits;
  return `${first.toString(16).padStart(2, '0').toUpperCase()}${mac.slice(2)}`;
}

const colons = (mac: string): string => mac.replaceAll('-', ':').toLowerCase();
