import { createPacker, type Packer } from './pack.js';
import type { DeviceStore } from './store.js';

/**
 * Devices in memory, packed: for tests, and for fleets, whose packer knows what their devices have in common.
 *
 * @example
 * const device = createDevice({ platform: 'ios', ports, store: createMemoryStore() });
 */
export function createMemoryStore(packer: Packer = createPacker()): DeviceStore {
  const packed = new Map<string, Buffer>();
  return {
    load(id) {
      const found = packed.get(id);
      return found === undefined ? undefined : packer.unpack(found);
    },
    async save(state) {
      packed.set(state.facts.id, packer.pack(state));
    },
    async delete(id) {
      packed.delete(id);
    },
    ids: () => [...packed.keys()],
    async close() {
      packed.clear();
    },
  };
}
