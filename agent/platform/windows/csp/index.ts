// The CSPs that a device has: each a data file (`*.ddf.ts`) and, where its nodes mean something, a module. One line each.
import type { CspSchema } from '../tree/schema.js';
import { activeSync } from './active-sync.ddf.js';
import { activeSyncModule } from './active-sync.js';
import { certificateStore } from './certificate-store.ddf.js';
import { certificateStoreModule } from './certificate-store.js';
import { clientCertificateInstall } from './client-certificate-install.ddf.js';
import { clientCertificateInstallModule } from './client-certificate-install.js';
import { devDetail } from './dev-detail.ddf.js';
import { devDetailModule } from './dev-detail.js';
import { devInfo } from './dev-info.ddf.js';
import { devInfoModule } from './dev-info.js';
import { deviceManageability } from './device-manageability.ddf.js';
import { deviceManageabilityModule } from './device-manageability.js';
import { deviceStatus } from './device-status.ddf.js';
import { deviceStatusModule } from './device-status.js';
import { dmAcc } from './dm-acc.ddf.js';
import { dmAccModule } from './dm-acc.js';
import { dmClient } from './dm-client.ddf.js';
import { dmClientModule } from './dm-client.js';
import { email2 } from './email2.ddf.js';
import { email2Module } from './email2.js';
import { enterpriseDesktopAppManagement } from './enterprise-desktop-app-management.ddf.js';
import { enterpriseDesktopAppManagementModule } from './enterprise-desktop-app-management.js';
import type { CspModule } from './module.js';
import { nodeCache } from './node-cache.ddf.js';
import { nodeCacheModule } from './node-cache.js';
import { policy } from './policy.ddf.js';
import { policyModule } from './policy.js';
import { reboot } from './reboot.ddf.js';
import { rebootModule } from './reboot.js';
import { remoteLock } from './remote-lock.ddf.js';
import { remoteLockModule } from './remote-lock.js';
import { remoteWipe } from './remote-wipe.ddf.js';
import { remoteWipeModule } from './remote-wipe.js';
import { rootCaTrustedCertificates } from './root-ca-trusted-certificates.ddf.js';
import { rootCaTrustedCertificatesModule } from './root-ca-trusted-certificates.js';
import { vpnv2 } from './vpnv2.ddf.js';
import { vpnv2Module } from './vpnv2.js';
import { wifi } from './wifi.ddf.js';
import { wifiModule } from './wifi.js';

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
export const cspModules: readonly CspModule[] = [
  devInfoModule,
  devDetailModule,
  dmClientModule,
  dmAccModule,
  deviceStatusModule,
  remoteLockModule,
  remoteWipeModule,
  rebootModule,
  policyModule,
  deviceManageabilityModule(cspSchemas),
  email2Module,
  activeSyncModule,
  vpnv2Module,
  wifiModule,
  clientCertificateInstallModule,
  certificateStoreModule,
  rootCaTrustedCertificatesModule,
  nodeCacheModule,
  enterpriseDesktopAppManagementModule,
];
