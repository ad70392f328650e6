import { csp } from '../tree/ddf.js';

/** DeviceManageability: which CSPs there are (specs/windows.md §2.0; the nodes below Provider are from Learn, no DDF at hand). */
export const deviceManageability = csp(
  'DeviceManageability',
  `
./Device/Vendor/MSFT/DeviceManageability [G] node
  Capabilities [G] node
    CSPVersions [G] xml
  Provider [G] node
    {ProviderID} [ADG] node *
      ConfigInfo [ADGR] chr ?
      EnrollmentInfo [ADGR] chr ?
`,
);
