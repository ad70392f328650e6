import type { Reporter, TestModule } from 'vitest/node';

/** Says in one line at the end what was left out, and for want of what; and in one more how the fuzz tests can be repeated. */
export default class SkipsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = new Map<string, number>();
    const unjudged = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { wants } = test.meta();
        if (wants === undefined) continue;
        const counts = test.result().state === 'skipped' ? skipped : unjudged;
        counts.set(wants, (counts.get(wants) ?? 0) + 1);
      }
    }
    const left = [told('skipped', skipped), told('not judged in full', unjudged)].filter((each) => each !== '');
    if (left.length > 0) process.stdout.write(`${left.join('; ')}\n`);
    const fuzz = modules.find(({ moduleId }) => /\bfuzz\b/.test(moduleId));
    if (fuzz !== undefined) {
      const { fuzzSeed, fuzzInputs } = fuzz.project.getProvidedContext();
      process.stdout.write(`fuzz: FUZZ_SEED=${fuzzSeed} FUZZ_INPUTS=${fuzzInputs}\n`);
    }
  }
}

/** `skipped for want of xmllint: 12 tests, ../shared/schema: 85 tests` */
function told(what: string, counts: ReadonlyMap<string, number>): string {
  const each = [...counts].sort(([a], [b]) => a.localeCompare(b));
  const list = each.map(([name, count]) => `${name}: ${count} ${count === 1 ? 'test' : 'tests'}`);
  return list.length === 0 ? '' : `${what} for want of ${list.join(', ')}`;
}
