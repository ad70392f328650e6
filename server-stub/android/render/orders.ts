import type { Rdn } from '../../../protocol/x509/name.js';
import type { GivenOrder, RenderContext } from './rendered.js';

type OrderContext = Pick<RenderContext, 'memory' | 'scepChallenge' | 'challengeMs' | 'now'>;

/**
 * What a device was told to fetch by SCEP stays as it was given, for as long as its profile does: a challenge is worth one
 * certificate, and a subject that changes would be another certificate (the device tells its serial number after its enrollment).
 */
export class Orders {
  readonly #context: OrderContext;
  readonly #given = new Map<string, GivenOrder>();

  constructor(context: OrderContext) {
    this.#context = context;
  }

  /**
   * The order of this profile. Its challenge is a new one where the certificate is awaited and the one that was given has little of
   * its life left: a device that was away would come too late.
   */
  of(name: string, version: string, subject: readonly Rdn[], isAwaited: boolean): GivenOrder {
    const { memory, now, challengeMs, scepChallenge } = this.#context;
    const found = memory.orders?.[name];
    const before = found?.version === version ? found : undefined;
    const isGood = before !== undefined && !(isAwaited && now - before.at > challengeMs / 2);
    const given = isGood
      ? before
      : { version, subject: before?.subject ?? subject, challenge: scepChallenge(), at: now };
    this.#given.set(name, given);
    return given;
  }

  /** To be remembered. */
  get given(): Readonly<Record<string, GivenOrder>> {
    return Object.fromEntries(this.#given);
  }
}
