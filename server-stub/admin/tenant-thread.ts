// The thread that reads and writes large tenants (tenant-text.ts): one job, one answer.
import { parentPort, workerData } from 'node:worker_threads';
import { isRollcallError } from '../../base/errors.js';
import { make, type TenantJob, type TenantMade } from './tenant-text.js';

const job: TenantJob = workerData;

function made(): TenantMade {
  try {
    return make(job);
  } catch (error) {
    if (!isRollcallError(error, 'TENANT_INVALID')) throw error;
    return { refused: { message: error.message, details: { ...error.details } } };
  }
}

parentPort?.postMessage(made());
