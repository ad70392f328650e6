// Finding devices, and what is kept of one without a rule.
import type { DeviceMemory, Devices } from './interfaces.js';
import { knownDevice, type TenantState } from './state.js';

export const devices = (state: TenantState): Devices => ({
  device: (deviceId) => state.devices.get(deviceId)?.record,
  deviceByRecordId: (id) => state.index.byRecordId.get(id)?.record,
  devices: () => [...state.devices.values()].map(({ record }) => record),
  devicesOf: (userId) => [...(state.index.byUser.get(userId) ?? [])].map(({ record }) => record),
  *eachDevice(afterSequence = Number.NEGATIVE_INFINITY) {
    for (const { record } of state.index.order.after(afterSequence)) yield record;
  },
  findDevices: (key, value) => state.index.find(key, value).map(({ record }) => record),
  deviceCount: () => ({ all: state.devices.size, pending: state.enrolling.size }),
});

export const deviceMemory = (state: TenantState): DeviceMemory => ({
  setDialect(deviceId, dialect) {
    const device = knownDevice(state, deviceId);
    state.saver.requireWritable();
    device.record = { ...device.record, dialect: { ...dialect } };
    state.saver.device(device);
  },
  updateFacts(deviceId, facts) {
    const device = knownDevice(state, deviceId);
    state.saver.requireWritable();
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    const record = { ...device.record, ...Object.fromEntries(known) };
    const isFoundElsewhere = record.serial !== device.record.serial;
    if (isFoundElsewhere) state.index.drop(device);
    device.record = record;
    if (isFoundElsewhere) state.index.add(device);
    state.saver.device(device);
  },
});
