import { csp } from '../tree/ddf.js';

/** RemoteWipe (specs/windows.md §2.0, §2.2). */
export const remoteWipe = csp(
  'RemoteWipe',
  `
./Device/Vendor/MSFT/RemoteWipe [G] node
  doWipe [E] chr
  doWipePersistProvisionedData [E] chr
  doWipeProtected [E] chr
  doWipePersistUserData [E] chr
  doWipeCloud [E] chr
  doWipeCloudPersistUserData [E] chr
  doWipeCloudPersistProvisionedData [E] chr
  AutomaticRedeployment [G] node
    doAutomaticRedeployment [E] chr
    LastError [G] int def=0
    Status [G] int def=0
`,
);
