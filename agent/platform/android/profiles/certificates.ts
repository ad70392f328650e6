import type { DeviceState } from '../../../model/state.js';
import type { AndroidData } from '../saved.js';

/**
 * The certificate (DER) of the profile of this name: an identity of the key store, a root or an intermediate certificate. Undefined
 * where it has not come.
 */
export function certificateOf(
  name: string,
  { identities }: Pick<AndroidData, 'identities'>,
  { holdings }: Pick<DeviceState, 'holdings'>,
): Uint8Array | undefined {
  const identity = Object.values(identities ?? {}).find((each) => each.name === name);
  if (identity !== undefined) return identity.certificate;
  const profile = holdings.find((holding) => holding.profile.name === name)?.profile;
  return profile?.kind === 'certificate' && profile.source.type === 'der' ? profile.source.der : undefined;
}
