const maxPayload = 4096; // APNs: the most that a notification may carry

/** The PushMagic of a notification `{"mdm":"..."}`; undefined for anything else. */
export function magicOf(payload: string): string | undefined {
  if (payload.length > maxPayload) return undefined;
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value !== 'object' || value === null || !('mdm' in value)) return undefined;
    return typeof value.mdm === 'string' ? value.mdm : undefined;
  } catch {
    return undefined;
  }
}
