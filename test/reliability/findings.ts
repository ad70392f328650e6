import { join } from 'node:path';
import { root } from '../cli/rollcall.js';
import { Programs } from '../torture/programs.js';
import { type Findings, newTally } from '../torture/tally.js';

/** What torture found, for a test to look at; its folders are removed with the test all the same. */
export function collecting(): Findings & { readonly texts: readonly string[] } {
  const texts: string[] = [];
  return { tally: newTally(), texts, found: (text) => void texts.push(text), note: () => undefined };
}

/** The built program, in processes that end with the test. */
export function builtPrograms(onTestFinished: (act: () => Promise<void>) => void): Programs {
  const programs = new Programs(join(root, 'dist/cli.js'), { mayKeep: false });
  onTestFinished(() => programs.close());
  return programs;
}

/** Nobody stops a test's rounds. */
export const unstopped: AbortSignal = new AbortController().signal;
