import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceState } from '../../agent/model/state.js';
import type { DeviceStore } from '../../agent/store/store.js';
import { someState } from '../support/devices.js';

/** What every DeviceStore must do. `open` gives an empty one of the test's own. */
export function deviceStoreContract(name: string, open: () => DeviceStore | Promise<DeviceStore>): void {
  describe(`the device store contract: ${name}`, () => {
    async function opened(): Promise<DeviceStore> {
      const store = await open();
      onTestFinished(() => store.close());
      return store;
    }

    it('gives back what was saved last, whole', async () => {
      const store = await opened();
      const state = someState(1);
      const later: DeviceState = { ...state, condition: { ...state.condition, deviceName: 'later' } };
      await store.save(state);
      expect(store.load(state.facts.id)).toEqual(state);
      await store.save(later);
      expect(store.load(state.facts.id)).toEqual(later);
      expect(store.ids()).toEqual([state.facts.id]);
    });

    it('keeps devices apart', async () => {
      const store = await opened();
      const states = Array.from({ length: 50 }, (_, index) => someState(index));
      await Promise.all(states.map((state) => store.save(state)));
      for (const state of states) expect(store.load(state.facts.id)).toEqual(state);
      expect([...store.ids()].sort()).toEqual(states.map(({ facts }) => facts.id).sort());
    });

    it('keeps the last of several saves that were not waited for', async () => {
      const store = await opened();
      const states = Array.from({ length: 20 }, (_, at) => ({ ...someState(1), lastCheckInAt: at }));
      await Promise.all(states.map((state) => store.save(state)));
      expect(store.load(someState(1).facts.id)?.lastCheckInAt).toBe(19);
    });

    it('forgets what is deleted, and does not mind what it never had', async () => {
      const store = await opened();
      const state = someState(1);
      await store.save(state);
      await store.delete(state.facts.id);
      await store.delete('nobody');
      expect(store.load(state.facts.id)).toBeUndefined();
      expect(store.load('nobody')).toBeUndefined();
      expect(store.ids()).toEqual([]);
    });

    it('holds a copy: what the caller does with a state later does not reach it', async () => {
      const store = await opened();
      const state = someState(1);
      await store.save(state);
      const first = store.load(state.facts.id);
      for (const holding of first?.holdings ?? []) Object.assign(holding.profile, { name: 'changed' });
      expect(store.load(state.facts.id)).toEqual(state);
    });
  });
}
