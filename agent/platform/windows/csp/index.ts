// The CSPs that a device has: each a data file (`*.ddf.ts`) and, where its nodes mean something, a module. One line each.
import type { CspSchema } from '../tree/schema.js';
import { activeSync } from './active-sync.ddf.js';
import { certificateStore } from './certificate-store.ddf.js';
import { clientCertificateInstall } from './client-certificate-install.ddf.js';
import { devDetail } from './dev-detail.ddf.js';
import { devInfo } from './dev-info.ddf.js';
import { deviceManageability } from './device-manageability.ddf.js';
import { deviceStatus } from './device-status.ddf.js';
import { dmAcc } from './dm-acc.ddf.js';
import { dmClient } from './dm-client.ddf.js';
import { email2 } from './email2.ddf.js';
import { enterpriseDesktopAppManagement } from './enterprise-desktop-app-management.ddf.js';
import type { CspModule } from './module.js';
import { nodeCache } from './node-cache.ddf.js';
import { policy } from './policy.ddf.js';
import { reboot } from './reboot.ddf.js';
import { remoteLock } from './remote-lock.ddf.js';
import { remoteWipe } from './remote-wipe.ddf.js';
import { rootCaTrustedCertificates } from './root-ca-trusted-certificates.ddf.js';
import { vpnv2 } from './vpnv2.ddf.js';
import { wifi } from './wifi.ddf.js';

/** The trees. */
export const cspSchemas: readonly CspSchema[] = [
  email2,
  activeSync,
  vpnv2,
  wifi,
  clientCertificateInstall,
  certificateStore,
  rootCaTrustedCertificates,
  devInfo,
  devDetail,
  dmClient,
  dmAcc,
  remoteLock,
  remoteWipe,
  reboot,
  deviceStatus,
  nodeCache,
  policy,
  enterpriseDesktopAppManagement,
  deviceManageability,
];

/** What gives them a meaning. */
export const cspModules: readonly CspModule[] = [];
