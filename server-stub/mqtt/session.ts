// What a client left with us: its subscriptions, and the pushes that it has not completed (MQTT 3.1.1 §4.1).
import type { FanOut, Sender } from '../push/fan-out.js';
import { encodePublish, encodePubrel } from './frames.js';
import { isSame, type Message, type Qos } from './message.js';
import type { Phase, Tally } from './tally.js';

/** The connection of a session. */
export interface Link {
  /** False while it takes no more for the moment; `Session.wake` when it does again. */
  readonly isWritable: boolean;
  write(packet: Buffer): void;
}

/** A push on its way to one session. */
interface Entry {
  readonly message: Message;
  readonly qos: Qos;
  /** 0 until it is first sent. It stays the same over reconnects. [MQTT-4.4.0-1] */
  packetId: number;
  /** PUBREC came: from now on only PUBREL is sent. [MQTT-4.3.3-1] */
  isReleased: boolean;
}

/** What sessions have in common. */
export interface SessionGround {
  readonly tally: Tally;
  readonly fanOut: FanOut;
  readonly maxWaiting: number;
  /** Octets of payloads that wait for one session; of more the newest are kept. */
  readonly maxWaitingOctets: number;
  now(): number;
}

/** Pushes that are sent before the first of them is completed. */
const window = 10;

export class Session implements Sender {
  /** By filter, with the QoS that was granted. */
  readonly subscriptions = new Map<string, Qos>();
  /** What its client publishes is for others. */
  mayPublish = false;
  /** When its connection ended, on the tenant's clock; undefined while it has one. */
  awaySince: number | undefined;
  readonly #ground: SessionGround;
  /** In the order of sending: first what was sent on an earlier connection. */
  #waiting: Entry[] = [];
  #waitingOctets = 0;
  /** Sent on this connection, or released on an earlier one, and not completed. */
  #inFlight: Entry[] = [];
  #link: Link | undefined;
  #lastPacketId = 0;

  constructor(
    readonly id: string,
    /** It ends with its connection. [MQTT-3.1.2-6] */
    readonly isClean: boolean,
    ground: SessionGround,
  ) {
    this.#ground = ground;
    this.awaySince = ground.now();
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** A connection has come: what was begun on an earlier one goes on, in the order of then. */
  attach(link: Link): void {
    if (this.#link !== undefined) this.detach(this.#link);
    this.#link = link;
    this.awaySince = undefined;
    this.#ground.tally.move(this.#waiting.length, 'waiting', 'kept');
    for (const { packetId } of this.#inFlight) link.write(encodePubrel(packetId));
    this.wake();
  }

  /** The connection has ended. What it had sent and was not released is sent again on the next one. */
  detach(link: Link): void {
    if (this.#link !== link) return;
    const { tally } = this.#ground;
    this.#link = undefined;
    this.awaySince = this.#ground.now();
    tally.move(this.#waiting.length, 'kept', 'waiting');
    const unreleased = this.#inFlight.filter(({ isReleased }) => !isReleased);
    this.#inFlight = this.#inFlight.filter(({ isReleased }) => isReleased);
    tally.move(unreleased.length, 'kept', 'unconfirmed');
    for (const { message } of unreleased) this.#waitingOctets += message.octets.length;
    this.#waiting.unshift(...unreleased);
    this.#drop(({ qos }) => qos === 0);
  }

  /** This was published for a subscription of this QoS. */
  offer(message: Message, granted: Qos): void {
    const qos = Math.min(message.qos, granted) as Qos;
    if (qos === 0 && this.#link === undefined) return;
    const entry: Entry = { message, qos, packetId: 0, isReleased: false };
    const place = this.#waiting.findIndex((each) => each.packetId === 0 && isSame(each.message, message));
    const { tally } = this.#ground;
    if (place >= 0) {
      this.#waiting[place] = entry; // in the place of the older one, and as long to live as the newer
      tally.replaced++;
    } else {
      this.#waiting.push(entry);
      this.#waitingOctets += message.octets.length;
      tally.move(1, this.#phase);
      this.#makeRoom();
    }
    this.wake();
  }

  /** Something may be ready to be sent. */
  wake(): void {
    this.#ground.fanOut.wake(this);
  }

  get isReady(): boolean {
    return this.#waiting.length > 0 && this.#inFlight.length < window && this.#link?.isWritable === true;
  }

  send(most: number): number {
    const { tally } = this.#ground;
    const now = this.#ground.now();
    let sent = 0;
    while (sent < most && this.isReady) {
      const entry = this.#waiting.shift();
      if (entry === undefined || this.#link === undefined) break;
      this.#waitingOctets -= entry.message.octets.length;
      tally.move(1, undefined, 'waiting');
      if (entry.message.expiresAt <= now) {
        tally.expired++;
        continue;
      }
      this.#write(entry, this.#link);
      sent++;
    }
    return sent;
  }

  #write(entry: Entry, link: Link): void {
    const { tally } = this.#ground;
    const { message, qos } = entry;
    const isAgain = entry.packetId !== 0;
    tally.sent++;
    if (isAgain) tally.repeated++;
    if (qos > 0) {
      if (!isAgain) entry.packetId = this.#nextPacketId();
      this.#inFlight.push(entry);
      tally.move(1, 'unconfirmed');
    } else tally.confirmed++; // nobody will say more of it
    const payload = Buffer.from(message.octets, 'latin1');
    link.write(encodePublish({ topic: message.topic, payload, qos }, entry.packetId, isAgain));
  }

  /** PUBREC: the device has it, and is told to go on with it. */
  received(packetId: number): void {
    const entry = this.#inFlight.find((each) => each.packetId === packetId);
    if (entry !== undefined) entry.isReleased = true;
  }

  /** PUBCOMP, or PUBACK at QoS 1: it is over. */
  completed(packetId: number): void {
    const place = this.#inFlight.findIndex((each) => each.packetId === packetId);
    if (place < 0) return;
    this.#inFlight.splice(place, 1);
    const { tally } = this.#ground;
    tally.move(1, undefined, 'unconfirmed');
    tally.confirmed++;
    this.wake();
  }

  /** Drops what is too old. */
  expire(): void {
    const now = this.#ground.now();
    this.#ground.tally.expired += this.#drop(({ message }) => message.expiresAt <= now);
  }

  /** Drops what waits for a topic, or all of it. */
  forget(topic?: string): void {
    this.#drop(({ message }) => topic === undefined || message.topic === topic);
  }

  /** The session ends: nothing of it is counted any more. */
  end(): void {
    this.forget();
    this.#ground.tally.move(this.#inFlight.length, undefined, 'unconfirmed');
    this.#inFlight = [];
    this.#link = undefined;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get #phase(): Phase {
    return this.#link === undefined ? 'kept' : 'waiting';
  }

  #drop(isDropped: (entry: Entry) => boolean): number {
    const kept: Entry[] = [];
    for (const entry of this.#waiting) {
      if (isDropped(entry)) this.#waitingOctets -= entry.message.octets.length;
      else kept.push(entry);
    }
    const dropped = this.#waiting.length - kept.length;
    this.#waiting = kept;
    this.#ground.tally.move(dropped, undefined, this.#phase);
    return dropped;
  }

  /** The oldest that was never sent goes first, and never the newest of all. */
  #makeRoom(): void {
    const { tally, maxWaiting, maxWaitingOctets } = this.#ground;
    while (this.#waiting.length > maxWaiting || this.#waitingOctets > maxWaitingOctets) {
      const place = this.#waiting.findIndex(({ packetId }) => packetId === 0);
      const [gone] = place < 0 || place === this.#waiting.length - 1 ? [] : this.#waiting.splice(place, 1);
      if (gone === undefined) return;
      this.#waitingOctets -= gone.message.octets.length;
      tally.move(1, undefined, this.#phase);
      tally.replaced++;
    }
  }

  /** One after the other, so that a number comes again after 65 535 others, when nobody remembers it. */
  #nextPacketId(): number {
    do this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    while (this.#isTaken(this.#lastPacketId));
    return this.#lastPacketId;
  }

  #isTaken(packetId: number): boolean {
    const has = (entry: Entry): boolean => entry.packetId === packetId;
    return this.#inFlight.some(has) || this.#waiting.some(has);
  }
}
