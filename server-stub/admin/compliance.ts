// Compliance policies (A14, A28): whom they are for, and what they demand.
import { z } from 'zod';
import type { CompliancePolicy } from '../core/compliance-types.js';
import type { CompliancePolicies, Groups, Users } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { assignmentFields, assignmentRows, readAssignment } from './assignments.js';
import { listOf, single } from './collection.js';
import { givesGrace, graceOf, policyFields, policyRow, readPolicy, scheduledRules } from './compliance-row.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';

const root = '/v1.0/deviceManagement/deviceCompliancePolicies';
const assignmentType = '#microsoft.graph.deviceCompliancePolicyAssignment';
const anything = z.looseObject({});
/** A policy without days of grace is part of Basic Mobility and Security (B7). */
const outsideBms = (request: StubRequest) => (givesGrace(readBody(anything, request)) ? 'complianceGrace' : undefined);

export function complianceRoutes(ports: AdminPorts<CompliancePolicies & Groups & Users>): AdminRoute[] {
  const { tenant, random, words } = ports;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request) =>
        listOf(ports, request, tenant.compliancePolicies(), (policy) => policyRow(policy, words), policyFields),
    },
    {
      method: 'POST',
      path: root,
      outsideBms,
      handle(request) {
        const made = readPolicy(readBody(anything, request), words, { id: random.uuid().toLowerCase() });
        tenant.putCompliancePolicy(made);
        return ok(policyRow(made, words), 201);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      handle: (request) => single(request, policyRow(policyOf(tenant, request), words), policyFields),
    },
    {
      method: 'PATCH',
      path: `${root}/:id`,
      outsideBms,
      handle(request) {
        const changed = readPolicy(readBody(anything, request), words, policyOf(tenant, request));
        tenant.putCompliancePolicy(changed);
        return ok(policyRow(changed, words));
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request) {
        tenant.removeCompliancePolicy(policyOf(tenant, request).id);
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assign`,
      handle(request) {
        const policy = policyOf(tenant, request);
        const assignment = readAssignment(tenant, request);
        tenant.putCompliancePolicy({ ...policy, assignment });
        return ok({ value: assignmentRows(policy.id, assignment, assignmentType) });
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/assignments`,
      handle(request) {
        const { id, assignment } = policyOf(tenant, request);
        return listOf(ports, request, assignmentRows(id, assignment, assignmentType), (row) => row, assignmentFields);
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/scheduleActionsForRules`,
      outsideBms,
      handle(request) {
        const policy = policyOf(tenant, request);
        const { deviceComplianceScheduledActionForRules: rules } = readBody(scheduledRules, request);
        tenant.putCompliancePolicy({ ...policy, graceMs: graceOf(rules) ?? 0 });
        return noContent;
      },
    },
  ];
}

function policyOf(tenant: CompliancePolicies, request: StubRequest): CompliancePolicy {
  const id = param(request, 'id');
  const policy = tenant.compliancePolicy(id);
  if (policy === undefined) throw stubError('NOT_FOUND', `No compliance policy has the id ${id}`);
  return policy;
}
