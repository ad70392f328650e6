import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { describe as invent } from '../../../../agent/platform/android/describe.js';
import { mannersOf } from '../../../../agent/platform/android/manners.js';
import { productOf, products } from '../../../../agent/platform/android/products.js';
import { luhn } from '../../../../agent/platform/imei.js';
import { isDeviceNumber } from '../../../../protocol/headwind/number.js';

const many = Array.from({ length: 300 }, (_, index) => invent(seededRandom('android devices', index)));

describe('an Android device that is invented', () => {
  it('is hardware that exists, with a version that runs on it and identifiers in their shapes', () => {
    for (const facts of many) {
      const product = productOf(facts.model);
      expect(product?.releases).toContainEqual({ version: facts.osVersion, build: facts.osBuild });
      expect(product?.storageGb).toContain(facts.capacityGb);
      expect(isDeviceNumber(facts.id)).toBe(true);
      expect(facts.id).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(facts.serial).toMatch(/^[A-Za-z0-9]{8,14}$/);
      expect(facts.wifiMac).toMatch(/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/);
      expect(facts.bluetoothMac).not.toBe(facts.wifiMac);
      expect(facts.imei !== undefined).toBe(product?.isCellular);
      for (const imei of [facts.imei, facts.native['Imei2']])
        if (typeof imei === 'string') expect(luhn(imei.slice(0, 14))).toBe(imei);
      expect(mannersOf(facts)).toMatchObject({
        mode: 'thorough',
        cpu: 'arm64-v8a',
        management: 'fully-managed',
        mqttPort: 31_000,
      });
    }
    expect(new Set(many.map(({ model }) => model)).size).toBe(products.length);
  });

  it('meets wishes: a model by either name, a version or a build, a serial, a number', () => {
    const wish = { model: 'galaxy s24', os: '15', serial: 'R5CX30ABCDE', id: 'h0001' };
    const facts = invent(seededRandom('x', 1), wish);
    expect(facts).toMatchObject({
      model: 'SM-S921B',
      osVersion: '15',
      osBuild: 'AP3A.240905.015.A2',
      serial: 'R5CX30ABCDE',
      id: 'h0001',
    });
    expect(invent(seededRandom('x', 1), { model: 'TC58', os: '14-20-14.00-UG-U00-STD' })).toMatchObject({
      osVersion: '14',
    });
    expect(invent(seededRandom('x', 2), { os: 'Android 16' }).osVersion).toBe('16');
  });

  it('takes any number that a server may know it by, and says under which option where it is none', () => {
    expect(invent(seededRandom('x', 1), { id: 'Тел. 1' }).id).toBe('Тел. 1');
    expect(() => invent(seededRandom('x', 1), { id: 'a/b' })).toThrow('--number "a/b" has not the form of one');
  });

  it('is the same but for what was wished', () => {
    const plain = invent(seededRandom('x', 3));
    expect(invent(seededRandom('x', 3), { id: 'h0001' })).toEqual({ ...plain, id: 'h0001' });
  });

  it('cannot be what none is', () => {
    for (const wish of [
      { model: 'Pixel 99' },
      { os: '3' },
      { model: 'TC58', os: '16' },
      { id: 'a/b' },
      { id: 'a;b' },
      { serial: 'x' },
    ])
      expect(() => invent(seededRandom('x', 1), wish), JSON.stringify(wish)).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
  });
});
