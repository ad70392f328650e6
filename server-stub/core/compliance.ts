// Compliance policies as administrators change them, and what they find of devices (A14, A28).
import { stubError } from '../errors.js';
import { notifyAssigned } from './assignment-walk.js';
import { requireBms } from './bms-provisioning.js';
import { judge } from './compliance-judge.js';
import type { CompliancePolicy } from './compliance-types.js';
import { assertFits } from './descriptions.js';
import type { CompliancePolicies } from './interfaces.js';
import { shareAPlatform } from './platforms.js';
import type { TenantState } from './state.js';

/** Policies a tenant may have. */
const mostPolicies = 1000;

export const compliancePolicies = (state: TenantState): CompliancePolicies => ({
  compliancePolicies: () => [...state.compliance.values()],
  compliancePolicy: (id) => state.compliance.get(id),
  putCompliancePolicy(policy) {
    requireBms(state, policy.authority);
    put(state, policy);
  },
  removeCompliancePolicy(id) {
    state.saver.requireWritable();
    const before = state.compliance.get(id);
    if (before === undefined) return;
    state.compliance.delete(id);
    changed(state, before, undefined);
  },
  complianceOf(deviceId) {
    const device = state.devices.get(deviceId);
    const found = device && judge(state, device);
    return found ?? { state: 'unknown', violated: [] };
  },
});

/** An authority has a name once on each platform. */
function put(state: TenantState, policy: CompliancePolicy): void {
  assertFits('compliance', policy);
  state.saver.requireWritable();
  const { id, authority, name } = policy;
  if (authority !== 'intune' && authority !== 'office365') {
    throw stubError('REQUEST_INVALID', 'A compliance policy belongs to intune or to office365');
  }
  for (const other of state.compliance.values()) {
    if (other.id === id || other.authority !== authority || other.name !== name) continue;
    if (shareAPlatform(other, policy)) {
      throw stubError('REQUEST_INVALID', `${authority} has a compliance policy named "${name}" already`);
    }
  }
  if (!state.compliance.has(id) && state.compliance.size >= mostPolicies) {
    throw stubError('REQUEST_INVALID', `A tenant holds ${mostPolicies} compliance policies at most`);
  }
  const before = state.compliance.get(id);
  state.compliance.set(id, policy);
  changed(state, before, policy);
}

/** Devices that it concerns are asked to check in; each is judged when it does, or when somebody looks. */
function changed(state: TenantState, before: CompliancePolicy | undefined, after: CompliancePolicy | undefined): void {
  const policy = after ?? before;
  if (policy === undefined) return;
  const { id, name, authority } = policy;
  state.applicable.policiesChanged();
  state.saver.record('compliance', id, after);
  const about = after === undefined ? { removed: true } : { name, authority };
  state.events.emit({ type: 'assignment', compliancePolicy: id, ...about });
  notifyAssigned(state, before, after);
}
