import { csp } from '../tree/ddf.js';

/** Policy, kept generically: any area and policy, read back at Result; ADMX files are ingested by Add alone (specs/windows.md §2.0).
 * Which policies there are is not kept: a convention of this project, where Windows answers 404 for an unknown one. */
export const policy = csp(
  'Policy',
  `
./User/Vendor/MSFT/Policy, ./Device/Vendor/MSFT/Policy [G] node
  Config [ADG] node
    {Area} [ADG] node *
      {Policy} [ADGR] chr/int/bool/b64/bin/xml *
  Result [G] node
    {Area} [G] node *
      {Policy} [G] chr/int/bool/b64/bin/xml *
  ConfigOperations [ADG] node
    ADMXInstall [ADG] node
      {AppName} [ADG] node *
        {SettingsType} [ADG] node * = ENUM:Policy|Preference
          {AdmxFileId} [ADG] chr/xml *
`,
);
