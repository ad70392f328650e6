import type { AutopilotDevice } from './admission-types.js';
import type { TenantState } from './state.js';

/** Records that were removed of which it is remembered (E16); beyond it the first that were removed are as if they had never been. */
const mostRemoved = 100_000;

/** E16: that it was there is remembered. */
export function markRemoved(state: TenantState, device: AutopilotDevice): void {
  const { autopilot: index } = state.admission;
  storeAutopilot(state, { ...device, removedAt: state.ports.clock.now() });
  const most = state.ports.keptRemoved ?? mostRemoved;
  for (let first = index.firstRemoved; first !== undefined && index.removedSize > most; first = index.firstRemoved) {
    index.forget(first);
    state.saver.record('autopilot', first, undefined);
  }
}

export function storeAutopilot(state: TenantState, device: AutopilotDevice): void {
  state.admission.autopilot.put(device);
  state.saver.record('autopilot', device.id, device);
}
