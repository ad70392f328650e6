import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { agentError } from '../errors.js';
import type { DeviceKey, KeyRef } from '../model/ports.js';

/** A key with the public half worked out when it is first asked for. */
export class PoolKey implements DeviceKey {
  #publicKey: KeyObject | undefined;

  constructor(
    readonly ref: KeyRef,
    readonly privateKey: KeyObject,
    publicKey?: KeyObject,
  ) {
    this.#publicKey = publicKey;
  }

  get publicKey(): KeyObject {
    this.#publicKey ??= createPublicKey(this.privateKey);
    return this.#publicKey;
  }

  /** Its name in the pool; undefined for a key that lives in a device's own record. */
  get poolName(): string | undefined {
    return 'pool' in this.ref ? this.ref.pool : undefined;
  }
}

/** The reference that carries the key itself: PKCS#8 DER in base64. */
export const pkcs8Ref = (key: KeyObject): KeyRef => ({
  pkcs8: key.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
});

/** Reads what `pkcs8Ref` wrote. Throws KEY_MISSING. */
export function readPkcs8(base64: string): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(base64, 'base64'), type: 'pkcs8', format: 'der' });
  } catch (cause) {
    throw agentError('KEY_MISSING', 'the stored key is no PKCS#8', { cause });
  }
}
