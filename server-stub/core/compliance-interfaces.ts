import type { Compliance, CompliancePolicy } from './compliance-types.js';

/** What is demanded of devices beside their settings, and what was found (A14, A28). */
export interface CompliancePolicies {
  compliancePolicies(): readonly CompliancePolicy[];
  compliancePolicy(id: string): CompliancePolicy | undefined;
  /**
   * In the place of the policy of this id. Devices are judged when they check in, or when somebody looks. Throws REQUEST_INVALID: of an
   * authority that has none, or its name is taken.
   */
  putCompliancePolicy(policy: CompliancePolicy): void;
  /** Nothing happens where there is none. */
  removeCompliancePolicy(id: string): void;
  /** Of this device now, which is judged anew where something has changed. `unknown` where nothing is demanded of it, or known. */
  complianceOf(deviceId: string): Compliance;
}
