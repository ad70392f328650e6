import { csp } from '../tree/ddf.js';

/** DevInfo: said in package 1 of every session (specs/windows.md §1.9, §2.2). */
export const devInfo = csp(
  'DevInfo',
  `
./DevInfo [G] node
  DevId [G] chr
  Man [G] chr
  Mod [G] chr
  DmV [G] chr
  Lang [G] chr
  Ext [G] node
    ICCID [G] chr
`,
);
