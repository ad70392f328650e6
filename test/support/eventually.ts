/**
 * Resolves as soon as it is so; looks once a turn of the event loop. For what tells nobody when it happens. It has no limit
 * of its own: what never comes ends the test by vitest's limit against hangs.
 */
export async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
