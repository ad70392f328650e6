import { csp } from '../tree/ddf.js';

/** Reboot (specs/windows.md §2.0, §2.2). */
export const reboot = csp(
  'Reboot',
  `
./Device/Vendor/MSFT/Reboot [G] node
  RebootNow [EG] null
  Schedule [G] node
    Single [ADGR] chr
    DailyRecurrent [ADGR] chr
    WeeklyRecurrent [ADGR] chr
`,
);
