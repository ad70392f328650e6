import type { AuthorityContext } from './kind.js';

/** Does something with each device of the step that the authority manages. Answers how many those are. */
export async function actOnChosen(
  action: 'syncDevice' | 'retire',
  { admin, chosen, signal }: AuthorityContext,
): Promise<{ readonly devices: number }> {
  const managed = await admin.devices(signal);
  const ids = chosen().flatMap(({ id }) => managed.get(id)?.id ?? []);
  await admin.actOnDevices(action, ids, signal);
  return { devices: ids.length };
}
