import type { WakeAsk, WakeJudge, WakeOwner, WakeUps } from '../../model/ports.js';

/** The wake-up port with the owner named at each ask. */
interface WakeUpsForOwners extends WakeUps {
  askFor(ask: WakeAsk, judge: WakeJudge, owner: WakeOwner | undefined, signal?: AbortSignal): Promise<void>;
  listenFor(ask: WakeAsk, judge: WakeJudge, owner: WakeOwner | undefined, signal: AbortSignal): AsyncIterable<string>;
}

/** The client as a device sees it whose owner wants to know. */
export class OwnedWakeUps implements WakeUps {
  readonly #client: WakeUpsForOwners;
  readonly #owner: WakeOwner;

  constructor(client: WakeUpsForOwners, owner: WakeOwner) {
    this.#client = client;
    this.#owner = owner;
  }

  ask(ask: WakeAsk, judge: WakeJudge, signal?: AbortSignal): Promise<void> {
    return this.#client.askFor(ask, judge, this.#owner, signal);
  }

  listen(ask: WakeAsk, judge: WakeJudge, signal: AbortSignal): AsyncIterable<string> {
    return this.#client.listenFor(ask, judge, this.#owner, signal);
  }

  answered(ask: WakeAsk): readonly string[] {
    return this.#client.answered(ask);
  }

  dropped(ask: WakeAsk): number {
    return this.#client.dropped?.(ask) ?? 0;
  }

  withdraw(ask: WakeAsk): Promise<void> {
    return this.#client.withdraw(ask);
  }

  pause(ask: WakeAsk): void {
    this.#client.pause(ask);
  }

  resume(ask: WakeAsk): void {
    this.#client.resume(ask);
  }

  tryAgain(ask: WakeAsk): void {
    this.#client.tryAgain(ask);
  }

  ownedBy(owner: WakeOwner): WakeUps {
    return this.#client.ownedBy(owner);
  }
}
