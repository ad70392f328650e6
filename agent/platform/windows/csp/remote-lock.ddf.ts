import { csp } from '../tree/ddf.js';

/** RemoteLock (specs/windows.md §2.0, §2.2). */
export const remoteLock = csp(
  'RemoteLock',
  `
./Device/Vendor/MSFT/RemoteLock [G] node
  Lock [EG] null
  LockAndResetPIN [EG] null
  LockAndRecoverPIN [EG] null
  NewPINValue [G] chr
`,
);
