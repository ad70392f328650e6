import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);

/** How often each of these functions of a module of Node's is called while `act` runs, by whomever. */
export async function counted<Name extends string>(
  moduleName: 'node:crypto' | 'node:tls',
  names: readonly Name[],
  act: () => Promise<void>,
): Promise<Readonly<Record<Name, number>>> {
  const functions: Record<string, (...args: unknown[]) => unknown> = require(moduleName);
  const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const originals = names.map((name) => [name, functions[name]] as const);
  for (const [name, original] of originals) {
    if (original === undefined) throw new Error(`${moduleName} has no ${name}`);
    functions[name] = (...args) => {
      counts[name]++;
      return original(...args);
    };
  }
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    for (const [name, original] of originals) if (original !== undefined) functions[name] = original;
    syncBuiltinESMExports();
  }
  return counts;
}
