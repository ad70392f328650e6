/** What stands here as `grant` was stored as `invited` while the SCEP server was iOS's own; such folders still open. */
export function withGrant(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !Object.hasOwn(stored, 'invited')) return stored;
  const { invited, ...rest } = stored as { readonly invited: unknown };
  return { grant: invited, ...rest };
}
