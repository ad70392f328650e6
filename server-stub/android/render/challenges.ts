import type { GivenChallenge, RenderContext } from './rendered.js';

/** The SCEP challenges of one document: the one that was given stays, so that the document does. */
export class Challenges {
  readonly #context: Pick<RenderContext, 'memory' | 'scepChallenge' | 'challengeMs' | 'now'>;
  readonly #given = new Map<string, GivenChallenge>();

  constructor(context: Pick<RenderContext, 'memory' | 'scepChallenge' | 'challengeMs' | 'now'>) {
    this.#context = context;
  }

  /**
   * That of the profile for this request. A new one for another request, and where the certificate is awaited and the one that was
   * given has little of its life left: a device that was away would come too late.
   */
  of(name: string, hash: string, isAwaited: boolean): string {
    const { memory, now, challengeMs, scepChallenge } = this.#context;
    const before = memory.challenges?.[name];
    const isGood = before !== undefined && before.hash === hash && !(isAwaited && now - before.at > challengeMs / 2);
    const given = isGood ? before : { hash, challenge: scepChallenge(), at: now };
    this.#given.set(name, given);
    return given.challenge;
  }

  /** To be remembered. */
  get given(): Readonly<Record<string, GivenChallenge>> {
    return Object.fromEntries(this.#given);
  }
}
