import { commandLineError } from '../../../base/command-line.js';
import { nearest } from '../../../base/nearest.js';
import { isDeviceNumber } from '../../../protocol/headwind/number.js';
import type { Random } from '../../model/ports.js';
import type { DeviceFacts } from '../../model/state.js';
import type { DeviceWish } from '../driver.js';
import { luhn } from '../imei.js';
import { type Product, products, type Release } from './products.js';

/**
 * Invents an Android device: hardware and builds that exist, identifiers in their shapes. `--model` is Build.MODEL or the name that
 * people use, `--os` a version of Android (`15`) or a build, `--number` the device number: its name at the server, where no QR code
 * gives another. Throws USAGE for a wish that none can meet. `supervised` is false: Android has no such thing, a launcher that owns
 * the device is a manner (`native.Management`).
 */
export function describe(random: Random, wish: DeviceWish = {}): DeviceFacts {
  if (wish.id !== undefined && !isDeviceNumber(wish.id))
    throw notThatForm('number', wish.id, 'up to a hundred characters without / + # > * ; (the device number)', 'h0001');
  if (wish.serial !== undefined && !/^[A-Za-z0-9]{6,20}$/.test(wish.serial))
    throw notThatForm('serial', wish.serial, '6 to 20 letters and digits', 'R5CX30ABCDE');
  const product = pick(random, productsFor(wish));
  const capacityGb = pick(random, product.storageGb);
  const release = releaseFor(random, product, wish.os);
  // what is invented is drawn all the same: the rest of a seed's device does not depend on what was wished for
  const made = { id: `a${random.bytes(6).toString('hex')}`, serial: serialFor(product.serial, random) };
  const cards = random.bytes(3);
  const imeis = [imeiOf(product.tac, random), imeiOf(product.tac, random)] as const;
  return {
    platform: 'android',
    id: wish.id ?? made.id,
    serial: wish.serial ?? made.serial,
    manufacturer: product.manufacturer,
    model: product.model,
    modelName: product.marketingName,
    osVersion: release.version,
    osBuild: release.build,
    ...(product.isCellular ? { imei: imeis[0] } : {}),
    wifiMac: macOf(product.oui, cards, 0),
    bluetoothMac: macOf(product.oui, cards, 1),
    capacityGb,
    supervised: false,
    native: {
      Brand: product.brand,
      Device: product.device,
      Cpu: product.cpu,
      ...(product.isDualSim ? { Imei2: imeis[1] } : {}),
    },
  };
}

function productsFor({ model, os }: DeviceWish): readonly Product[] {
  const wanted = model?.toLowerCase();
  const named = products.filter(
    (each) => wanted === undefined || [each.model, each.marketingName].some((name) => name.toLowerCase() === wanted),
  );
  const [first] = named;
  if (first === undefined) throw notKnown('model', model ?? '', products.flatMap(names), products.map(title));
  if (os === undefined) return named;
  const able = named.filter(({ releases }) => releases.some((each) => isMeant(each, os)));
  if (able.length > 0) return able;
  const versions = [...new Set(named.flatMap(({ releases }) => releases.map(({ version }) => version)))];
  if (products.some(({ releases }) => releases.some((each) => isMeant(each, os))))
    throw commandLineError('USAGE', `${first.marketingName} does not run Android ${os}`, {
      hint: `Choose --os from ${versions.join(', ')}.`,
    });
  throw notKnown('os', os, versions, versions);
}

const names = ({ model, marketingName }: Product): readonly string[] => [model, marketingName];
const title = ({ model, marketingName }: Product): string =>
  model === marketingName ? model : `${model} (${marketingName})`;

/** By `15`, `Android 15`, or its build. */
const isMeant = ({ version, build }: Release, os: string): boolean =>
  version === os.replace(/^android\s+/i, '') || build.toLowerCase() === os.toLowerCase();

function releaseFor(random: Random, { releases }: Product, os: string | undefined): Release {
  const drawn = pick(random, releases);
  return os === undefined ? drawn : (releases.find((each) => isMeant(each, os)) ?? drawn);
}

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Fills a form such as `R5CX999AAAA`: each 9 becomes a digit, A and a become a letter or a digit of that case. */
const serialFor = (form: string, random: Random): string =>
  form.replace(/[9Aa]/g, (place) => {
    const digit = String(random.integer(10));
    const drawn = pick(random, [...letters]);
    const isDigit = random.integer(2) === 0;
    if (place === '9' || isDigit) return digit;
    return place === 'A' ? drawn : ('abcdef'[letters.indexOf(drawn) % 6] ?? digit);
  });

/** Fifteen digits: the type's eight, six of its own, and the check digit (ISO/IEC 7812-1 annex B). */
function imeiOf(tac: string, random: Random): string {
  let payload = tac === '' ? '35000000' : tac;
  while (payload.length < 14) payload += random.integer(10);
  return luhn(payload);
}

/** The block, and three octets of its own: Bluetooth's address is Wi-Fi's plus one. */
function macOf(oui: string, own: Buffer, offset: number): string {
  const number = ((own.readUIntBE(0, 3) & 0xff_fffe) + offset) & 0xff_ffff;
  const hex = number.toString(16).padStart(6, '0').toUpperCase();
  return `${oui}:${(hex.match(/../g) ?? []).join(':')}`;
}

function pick<T>(random: Random, list: readonly T[]): T {
  const value = list[random.integer(list.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

function notKnown(option: string, given: string, words: readonly string[], all: readonly string[]): Error {
  const near = nearest(given, words);
  const hint = near === undefined ? `Choose from ${all.join(', ')}.` : `Did you mean ${near}?`;
  return commandLineError('USAGE', `--${option} "${given}" is none that can be emulated`, { hint });
}

const notThatForm = (option: string, given: string, form: string, example: string): Error =>
  commandLineError('USAGE', `--${option} "${given}" has not the form of one`, {
    hint: `Write ${form}, such as ${example}.`,
  });
