import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { newDevice } from '../../../../agent/model/apply-command.js';
import type { DeviceWish } from '../../../../agent/platform/driver.js';
import { luhn } from '../../../../agent/platform/imei.js';
import { describe as invent } from '../../../../agent/platform/windows/describe.js';
import { deviceIdOf, hwDevIdOf, reinstalled } from '../../../../agent/platform/windows/device-id.js';
import { buildOf, productOf, products, releases } from '../../../../agent/platform/windows/products.js';
import { smbiosUuid } from '../../../../agent/platform/windows/serial.js';

const inventWith = (wish: DeviceWish) => invent(seededRandom('seed', 3), wish);

describe('an invented PC', () => {
  const many = Array.from({ length: 600 }, (_, index) => invent(seededRandom('seed', index)));
  const native = (name: string) => many.map((facts) => String(facts.native[name]));

  it('is the same for the same randomness, and no other is it', () => {
    expect(invent(seededRandom('seed', 3))).toEqual(many[3]);
    for (const of of [
      many.map(({ id }) => id),
      many.map(({ serial }) => serial),
      native('HWDevID'),
      native('SmbiosUuid'),
    ])
      expect(new Set(of).size).toBe(many.length);
  });

  it('has a DeviceID of 32 digits, a HWDevID of 64, a name of Windows’ making and addresses as Windows writes them', () => {
    for (const { id, native: own, wifiMac, bluetoothMac } of many) {
      expect(id).toMatch(/^[0-9A-F]{32}$/);
      expect(own['HWDevID']).toMatch(/^[0-9A-F]{64}$/);
      expect(own['DeviceName']).toMatch(/^DESKTOP-[0-9A-Z]{7}$/);
      const macs = String(own['Macs']).split(',');
      expect(new Set(macs).size).toBe(macs.length);
      expect(macs.length).toBeGreaterThanOrEqual(4);
      for (const mac of macs) expect(mac).toMatch(/^([0-9A-F]{2}-){5}[0-9A-F]{2}$/);
      for (const mac of [wifiMac, bluetoothMac]) expect(macs).toContain(mac.replaceAll(':', '-').toUpperCase());
    }
  });

  it('is hardware that exists, of several manufacturers, with a build of Windows that was released and runs on it', () => {
    for (const facts of many) {
      const product = productOf(facts.model);
      expect(product?.manufacturer).toBe(facts.manufacturer);
      expect(facts.modelName).toBe(product?.marketingName);
      expect(facts.imei !== undefined).toBe(product?.isCellular === true);
      if (facts.imei !== undefined) expect(luhn(facts.imei.slice(0, 14))).toBe(facts.imei);
      const release = releases.find(({ build }) => build === buildOf(facts.osVersion));
      expect(product?.runs).toContain(release?.generation);
      expect(release?.revisions.map((revision) => `10.0.${release.build}.${revision}`)).toContain(facts.osVersion);
      expect(`10.0.${facts.osBuild}`).toBe(facts.osVersion);
    }
    expect(new Set(many.map(({ manufacturer }) => manufacturer)).size).toBe(4);
    expect(new Set(many.map(({ osVersion }) => buildOf(osVersion) < 22000)).size).toBe(2);
  });

  it('has a serial number in its manufacturer’s shape', () => {
    const shapes = { 'Dell Inc.': /^[0-9B-Z]{7}$/, HP: /^[0-9A-Z]{3}\d{3}[0-9B-Z]{4}$/, LENOVO: /^[A-Z][0-9A-Z]{7}$/ };
    for (const { manufacturer, serial } of many)
      expect(serial).toMatch(shapes[manufacturer as keyof typeof shapes] ?? /^\d{12}$/);
  });

  it('carries its service tag in its UUID where Dell made it', () => {
    // a UUID and its tag that people published for the same machine
    expect(smbiosUuid('dell', 'C8WD2Y1', '')).toBe('4C4C4544-0038-5710-8044-C3C04F325931');
    expect(smbiosUuid('hp', '5CG2351ZKR', 'A')).toBe('A');
  });

  it('is called by its name of Windows’ making when it is new', () => {
    const facts = inventWith({});
    expect(newDevice(facts, 80).condition.deviceName).toBe(facts.native['DeviceName']);
  });
});

describe('a PC such as was wished for', () => {
  it('has the identifiers that were wished for', () => {
    const wish = { serial: '8WXQK13', id: '1E08C6E95D8BB843B1278FF45BC60CC6' };
    expect(inventWith(wish)).toMatchObject({ ...wish, manufacturer: 'Dell Inc.' });
    const { id, ...same } = inventWith({ id: wish.id });
    const { id: other, ...rest } = inventWith({});
    expect([id === other, same]).toEqual([false, rest]);
  });

  it.each([
    ['11 23H2', '10.0.22631.4602'],
    ['windows 11 23h2', '10.0.22631.4602'],
    ['26100', '10.0.26100.4061'],
    ['10.0.19045', '10.0.19045.5247'],
    ['10.0.19045.5011', '10.0.19045.5011'],
    ['26200.9278', '10.0.26200.9278'],
  ])('runs --os "%s": %s, whatever the randomness', (os, version) => {
    for (const index of [0, 1, 2, 3]) expect(invent(seededRandom('seed', index), { os }).osVersion).toBe(version);
  });

  it('is the model that was asked for by either of its names, letter case aside', () => {
    expect(inventWith({ model: 'thinkpad t14 gen 4' }).model).toBe('21HES05200');
    expect(inventWith({ model: '21HES05200' })).toMatchObject({
      manufacturer: 'LENOVO',
      modelName: 'ThinkPad T14 Gen 4',
    });
  });

  it.each<[DeviceWish, RegExp, RegExp]>([
    [{ model: 'Latitude 5450' }, /--model "Latitude 5450" is none/, /Did you mean Latitude 5440\?/],
    [
      { model: 'Commodore' },
      /none that can be emulated/,
      /Choose from Latitude 5440, .*21HES05200 \(ThinkPad T14 Gen 4\)/,
    ],
    [{ os: '11 23H3' }, /--os "11 23H3" is none/, /Did you mean 11 2\dH\d\?/],
    [{ os: '7' }, /none that can be emulated/, /Choose from 10 21H1 \(19043\)|Did you mean/],
    [{ os: '11 23H2', model: 'HP EliteDesk 800 G3 SFF' }, /does not run Windows 11 23H2/, /10 21H1, 10 21H2, 10 22H2/],
    [{ serial: 'x' }, /--serial "x" has not the form/, /8WXQK13 \(Dell\), or .*029415511453 \(Surface\)/],
    [{ serial: '029415511453', model: 'Latitude 5440' }, /--serial/, /8WXQK13 \(Dell\)\.$/],
    [{ id: '../pc' }, /--udid "\.\.\/pc"/, /1E08C6E95D8BB843B1278FF45BC60CC6/],
  ])('is refused where it cannot be: %j', (wish, message, hint) => {
    expect(() => inventWith(wish)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it('can be each product', () => {
    for (const { model } of products) expect(inventWith({ model }).model).toBe(model);
  });
});

describe('a PC that was wiped', () => {
  const facts = inventWith({});
  const again = { ...facts, native: reinstalled(facts) };
  const third = { ...again, native: reinstalled(again) };

  it('has another DeviceID and another name each time, and is the same computer', () => {
    expect(deviceIdOf(facts)).toBe(facts.id);
    const ids = [facts, again, third].map(deviceIdOf);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9A-F]{32}$/);
    expect(new Set([facts, again, third].map(({ native }) => native['DeviceName'])).size).toBe(3);
    expect(new Set([facts, again, third].map(hwDevIdOf)).size).toBe(1);
    expect(third.native).toMatchObject({
      Installation: 2,
      SmbiosUuid: facts.native['SmbiosUuid'],
      Macs: facts.native['Macs'],
    });
  });

  it('has the same DeviceID whenever it is asked', () => {
    expect(deviceIdOf({ ...facts, native: { ...facts.native, Installation: 1 } })).toBe(deviceIdOf(again));
  });
});
