// What needs an outside judge is skipped by name where it is missing, and counted at the end of the run (skips-reporter.ts).
import { describe, inject, TestRunner } from 'vitest';
import type { Outside } from './outside-setup.js';

declare module 'vitest' {
  interface TaskMeta {
    /** What is missing, of a test that is skipped, or that leaves a judgement out, for want of it. */
    wants?: string;
  }
}

/** True when the judge is there. Where it is not, a test that asks counts as one that was not judged in full. */
export function has(judge: Outside): boolean {
  const isThere = !inject('missing').includes(judge);
  const test = isThere ? undefined : TestRunner.getCurrentTest();
  if (test !== undefined) test.meta.wants = judge;
  return isThere;
}

/** The options of a test or suite that is to be skipped unless something is there: `it(name, needing(isThere, 'x'), ...)`. */
export const needing = (isThere: boolean, wants: string) => (isThere ? {} : { skip: true, meta: { wants } });

/** `describe` where it is there, else `describe.skip`. */
export function describeIf(isThere: boolean, wants: string): (name: string, tests: () => void) => void {
  return (name, tests) => void describe(name, needing(isThere, wants), tests);
}
