// How the fuzz tests of this run are to be done: fuzz/law.ts takes it from here, the reporter prints it.
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    fuzzSeed: number;
    fuzzInputs: number;
  }
}

export default function setUp(project: TestProject): void {
  project.provide('fuzzSeed', whole('FUZZ_SEED', Date.now() % 2 ** 31));
  project.provide('fuzzInputs', whole('FUZZ_INPUTS', 2_000));
}

function whole(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${name} must be a whole number of 1 and above, not "${text}"`);
  return number;
}
