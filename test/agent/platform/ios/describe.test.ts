import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { luhn } from '../../../../agent/platform/imei.js';
import { spacedImei } from '../../../../agent/platform/ios/describe.js';
import { ios } from '../../../../agent/platform/ios/driver.js';
import { products, systems } from '../../../../agent/platform/ios/products.js';

describe('an invented iOS device', () => {
  const many = Array.from({ length: 500 }, (_, index) => ios.describe(seededRandom('seed', index)));

  it('is the same for the same randomness', () => {
    expect(ios.describe(seededRandom('seed', 3))).toEqual(many[3]);
    expect(new Set(many.map(({ id }) => id)).size).toBe(many.length);
    expect(new Set(many.map(({ serial }) => serial)).size).toBe(many.length);
  });

  it('has the identifiers that were wished for, and the rest as without them; none of another shape', () => {
    const wish = { serial: 'C39XK7PLJC', id: '00008120-000A10843C22201E' };
    expect(ios.describe(seededRandom('seed', 3), wish)).toEqual({ ...many[3], ...wish });
    for (const wrong of [{ serial: 'x' }, { id: '../phone' }])
      expect(() => ios.describe(seededRandom('seed', 3), wrong)).toThrow(/has not the form of one/);
  });

  it('has identifiers in Apple’s shapes', () => {
    for (const facts of many) {
      expect(facts.id).toMatch(/^[0-9A-F]{8}-[0-9A-F]{16}$/);
      expect(facts.serial).toMatch(/^(?:[0-9A-HJKMNP-Z]{10}|[0-9A-HJKMNP-Z]{12})$/);
      expect(facts.wifiMac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      expect(facts.bluetoothMac).not.toBe(facts.wifiMac);
      expect(facts.native['ModelNumber']).toMatch(/^[A-Z0-9]{5}LL\/A$/);
    }
  });

  it('is hardware that exists, with a system that runs on it', () => {
    for (const facts of many) {
      const product = products.find(({ identifier }) => identifier === facts.model);
      expect(product?.family).toBe(facts.modelName);
      expect(facts.id.startsWith(product?.chip ?? '?')).toBe(true);
      expect(facts.imei !== undefined).toBe(product?.cellular);
      const system = systems.findIndex(({ version, build }) => version === facts.osVersion && build === facts.osBuild);
      expect(system).toBeGreaterThanOrEqual(product?.since ?? 99);
    }
  });

  it('has an IMEI whose check digit is right', () => {
    expect(luhn('49015420323751')).toBe('490154203237518'); // the example of 3GPP TS 23.003 annex B
    for (const { imei } of many) if (imei !== undefined) expect(luhn(imei.slice(0, 14))).toBe(imei);
    expect(spacedImei('490154203237518')).toBe('49 015420 323751 8');
  });
});
