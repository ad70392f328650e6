import { expect, it } from 'vitest';
import { DeviceMemory } from '../../agent/device-memory.js';
import type { DeviceEvent } from '../../agent/device-types.js';
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

it('tells a change with the event that follows, and nothing of one that was undone', () => {
  const memory = new DeviceMemory(newDevice(someFacts(1), 50), { ports: fakePorts() });
  const told: DeviceEvent[] = [];
  memory.onEvent((event) => told.push(event));
  const rename = (deviceName: string) =>
    memory.changed({ command: { kind: 'rename', deviceName }, outcome: { status: 'done' } });
  const command = { type: 'command', name: 'Settings', id: '1', status: 'done', said: 'Acknowledged' } as const;
  rename('undone');
  memory.undo();
  rename('kept');
  memory.tell(command);
  memory.tell(command);
  expect(told.map((event) => (event.type === 'command' ? event.changes.map((each) => each.command) : []))).toEqual([
    [{ kind: 'rename', deviceName: 'kept' }],
    [],
  ]);
});

it('tells each of several commands with the changes that are its own, where they say how many', () => {
  const memory = new DeviceMemory(newDevice(someFacts(1), 50), { ports: fakePorts() });
  const told: DeviceEvent[] = [];
  memory.onEvent((event) => told.push(event));
  for (const deviceName of ['a', 'b', 'c'])
    memory.changed({ command: { kind: 'rename', deviceName }, outcome: { status: 'done' } });
  const command = { type: 'command', name: 'Replace', id: '1', status: 'done', said: '200' } as const;
  for (const changed of [2, 0, 1]) memory.tell({ ...command, changed });
  expect(told.map((event) => (event.type === 'command' ? event.changes.map((each) => each.command) : []))).toEqual([
    [
      { kind: 'rename', deviceName: 'a' },
      { kind: 'rename', deviceName: 'b' },
    ],
    [],
    [{ kind: 'rename', deviceName: 'c' }],
  ]);
  expect(told[0]).not.toHaveProperty('changed');
});
