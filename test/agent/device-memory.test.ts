import { expect, it } from 'vitest';
import { DeviceMemory } from '../../agent/device-memory.js';
import { agentError } from '../../agent/errors.js';
import { newDevice } from '../../agent/model/apply-command.js';
import type { DeviceState } from '../../agent/model/state.js';
import { someFacts } from '../support/devices.js';
import { fakePorts } from '../support/fake-platform.js';

it('saves again what could not be saved, and then no more', async () => {
  const saved: DeviceState[] = [];
  let isFull = true;
  const store = {
    load: () => undefined,
    async save(state: DeviceState) {
      if (isFull) throw agentError('STATE_UNSAVED', 'no room');
      saved.push(state);
    },
    delete: async () => {},
    ids: () => [],
    close: async () => {},
  };
  const memory = new DeviceMemory(newDevice(someFacts(1), 50), { ports: fakePorts(), store });
  memory.put({ ...memory.state, owesCheckIn: true });
  await expect(memory.keep()).rejects.toThrow('no room');
  await expect(memory.keep()).rejects.toThrow('no room');
  isFull = false;
  await memory.keep();
  await memory.keep();
  expect(saved).toEqual([memory.state]);
});
