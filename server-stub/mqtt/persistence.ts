// What aedes asks of a store and of an emitter, answered from our sessions. Pushes are delivered by `Session` and never by aedes, which
// loses and repeats some of a QoS 2 backlog (docs/decisions/0014): to aedes each queue is empty and no packet is for anybody.
import { Readable } from 'node:stream';
import type { AedesPublishPacket, Client, Subscription } from 'aedes';
import type { Qos } from './message.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** A client of aedes as its store is told of it. */
type Named = Pick<Client, 'id'>;

interface StoreOptions {
  readonly sessions: Sessions;
  /** The session of a client that is signed in; undefined once another one has its id. */
  readonly sessionOf: (client: Named) => Session | undefined;
  /** Whether, and with which QoS, a client may subscribe to this. */
  readonly judge: (client: Named, filter: string, qos: Qos) => Qos | undefined;
  /** QoS 2 publications of one client between their PUBLISH and their PUBREL. */
  readonly maxIncoming: number;
}

/** In place of aedes-persistence. Methods that return promises are those of which aedes wants promises. */
export class Store {
  readonly #options: StoreOptions;
  /** Packet ids that a client has published under, and not yet released. */
  readonly #incoming = new WeakMap<Session, Set<number>>();

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Aedes looks whether this is an async function. */
  async setup(): Promise<void> {}

  async addSubscriptions(client: Named, subscriptions: readonly Subscription[]): Promise<void> {
    const session = this.#options.sessionOf(client);
    if (session === undefined) return;
    // Aedes names all that the packet asked for here, the refused ones too.
    for (const { topic, qos } of subscriptions) {
      const granted = this.#options.judge(client, topic, qos);
      if (granted !== undefined) this.#options.sessions.subscribe(session, topic, granted);
    }
  }

  async removeSubscriptions(client: Named, filters: readonly string[]): Promise<void> {
    const session = this.#options.sessionOf(client);
    if (session !== undefined) this.#options.sessions.unsubscribe(session, filters);
  }

  async subscriptionsByClient({ id }: Named): Promise<readonly { topic: string; qos: Qos }[]> {
    return [...(this.#options.sessions.get(id)?.subscriptions ?? [])].map(([topic, qos]) => ({ topic, qos }));
  }

  async cleanSubscriptions(): Promise<void> {}

  async subscriptionsByTopic(): Promise<readonly never[]> {
    return [];
  }

  async outgoingEnqueue(): Promise<void> {}

  async outgoingEnqueueCombi(): Promise<void> {}

  /** Nothing is sent from here: the session does that, once the client is ready. */
  outgoingStream(): Readable {
    return nothing();
  }

  /** PUBREC. Aedes answers PUBREL, also for what we know nothing of, so that a client gets rid of it. */
  async outgoingUpdate(client: Named, { messageId }: { readonly messageId: number }): Promise<void> {
    this.#options.sessionOf(client)?.received(messageId);
  }

  /** PUBACK or PUBCOMP. */
  async outgoingClearMessageId(client: Named, packet: { readonly messageId?: number }): Promise<undefined> {
    if (packet.messageId !== undefined) this.#options.sessionOf(client)?.completed(packet.messageId);
    return undefined;
  }

  /** A PUBLISH of QoS 2: only its id is kept, since it is published at once. [MQTT-4.3.3-2], method B */
  async incomingStorePacket(client: Named, { messageId }: { readonly messageId: number }): Promise<void> {
    const ids = this.#incomingOf(client);
    if (ids.size >= this.#options.maxIncoming) throw new Error('too many publications that are not released');
    ids.add(messageId);
  }

  async incomingGetPacket(client: Named, { messageId }: { readonly messageId: number }): Promise<object> {
    if (!this.#incomingOf(client).has(messageId)) throw new Error('no such packet');
    return { messageId };
  }

  async incomingDelPacket(client: Named, { messageId }: { readonly messageId: number }): Promise<void> {
    this.#incomingOf(client).delete(messageId);
  }

  async cleanIncoming(): Promise<void> {}

  async storeRetained(): Promise<void> {}

  createRetainedStream(): Readable {
    return nothing();
  }

  createRetainedStreamCombi(): Readable {
    return nothing();
  }

  async putWill(): Promise<void> {}

  async getWill(): Promise<undefined> {
    return undefined;
  }

  async delWill(): Promise<undefined> {
    return undefined;
  }

  streamWill(): Readable {
    return nothing();
  }

  getClientList(): Readable {
    return nothing();
  }

  async destroy(): Promise<void> {}

  #incomingOf(client: Named): Set<number> {
    const session = this.#options.sessionOf(client);
    if (session === undefined) return new Set();
    let ids = this.#incoming.get(session);
    if (ids === undefined) {
      ids = new Set();
      this.#incoming.set(session, ids);
    }
    return ids;
  }
}

/** A stream that ends at once. */
const nothing = (): Readable =>
  new Readable({
    objectMode: true,
    read() {
      this.push(null);
    },
  });

type Done = (error?: Error | null) => void;

/** In place of mqemitter: what clients publish goes to one function, and nobody subscribes by it. */
export class Emitter {
  readonly #publish: (packet: AedesPublishPacket) => void;

  constructor(publish: (packet: AedesPublishPacket) => void) {
    this.#publish = publish;
  }

  on(_topic: string, _listener: unknown, done?: Done): this {
    done?.();
    return this;
  }

  removeListener(_topic: string, _listener: unknown, done?: Done): this {
    done?.();
    return this;
  }

  emit(packet: AedesPublishPacket, done: Done): this {
    this.#publish(packet);
    done();
    return this;
  }

  close(done: Done): this {
    done();
    return this;
  }
}
