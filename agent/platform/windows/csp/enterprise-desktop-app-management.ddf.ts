import { csp } from '../tree/ddf.js';

/** EnterpriseDesktopAppManagement: MSI packages, state alone (specs/windows.md §2.0: from Learn, no DDF at hand). */
export const enterpriseDesktopAppManagement = csp(
  'EnterpriseDesktopAppManagement',
  `
./User/Vendor/MSFT/EnterpriseDesktopAppManagement, ./Device/Vendor/MSFT/EnterpriseDesktopAppManagement [G] node
  MSI [G] node
    {ProductID} [ADG] node * ATOMIC
      Version [G] chr ?
      Name [G] chr ?
      Publisher [G] chr ?
      InstallPath [G] chr ?
      InstallDate [G] chr ?
      DownloadInstall [ADEG] xml/null/chr
      Status [G] int ?
      LastError [G] chr ?
      LastErrorDesc [G] chr ?
    UpgradeCode [G] node ?
      {Guid} [G] chr *
`,
);
