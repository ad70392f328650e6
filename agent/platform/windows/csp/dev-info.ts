import type { CspModule } from './module.js';
import { notHere, schemaPath } from './path.js';

/** DevInfo: who the device is, in every package 1 and whenever it is asked (specs/windows.md §1.9, §2.0). */
export const devInfoModule: CspModule = {
  roots: ['./DevInfo'],
  get(node, { device, memory }) {
    const { facts } = device.state;
    switch (schemaPath(node, 'DevInfo')) {
      case 'DevId':
        return memory.data.deviceId;
      case 'Man':
        return facts.manufacturer;
      case 'Mod':
        return facts.model;
      case 'DmV':
        return '1.3';
      case 'Lang':
        return String(facts.native['Locale'] ?? 'en-US');
      default:
        return notHere('there is no SIM card in it');
    }
  },
};
