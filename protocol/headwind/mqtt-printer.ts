// MQTT 3.1.1 control packets as people read them, one packet at a time, from the octets as they went over the wire.
import { withoutSecretText } from '../printing/masked-text.js';
import { secretMark, shortHex } from '../printing/printer.js';
import { malformed } from './refusal.js';

const names = [
  ...['reserved', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK'],
  ...['UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH'],
];

const codes: Readonly<Record<number, string>> = {
  0: 'accepted',
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
};

const maxText = 300;
/** Topics of one SUBSCRIBE that are shown. */
const maxTopics = 20;

/**
 * One control packet with its fixed header, on one line: its type, topic, quality of service, the text of what is published with
 * its control characters made visible. The password of CONNECT is shown to nobody, and in payloads what has the name of a secret.
 * Never throws: what is no packet is shown as bytes.
 *
 * @example
 * printMqttPacket(Buffer.from('34270005...', 'hex')); // 'PUBLISH h0101 qos 2 id 1 {messageType: "configUpdated"}'
 */
export function printMqttPacket(packet: Uint8Array): string {
  try {
    return linesOf(new Octets(packet));
  } catch {
    return `<${shortHex(packet)}> no MQTT packet`;
  }
}

function linesOf(octets: Octets): string {
  const head = octets.octet();
  const left = octets.length();
  if (left !== octets.left) throw malformed('the packet', 'has another length than it says');
  const name = names[head >> 4] ?? '';
  return [name, ...partsOf(name, head & 0x0f, octets)].filter((part) => part !== '').join(' ');
}

function partsOf(name: string, flags: number, octets: Octets): readonly string[] {
  switch (name) {
    case 'CONNECT':
      return connect(octets);
    case 'CONNACK':
      return connack(octets);
    case 'PUBLISH':
      return publish(flags, octets);
    case 'SUBSCRIBE':
      return [idOf(octets), list(octets, () => `${shown(octets.text())} qos ${octets.octet()}`)];
    case 'SUBACK':
      return [idOf(octets), list(octets, () => grant(octets.octet()))];
    case 'UNSUBSCRIBE':
      return [idOf(octets), list(octets, () => shown(octets.text()))];
    case 'PINGREQ':
    case 'PINGRESP':
    case 'DISCONNECT':
      return [];
    default:
      return [idOf(octets)];
  }
}

function connect(octets: Octets): readonly string[] {
  const protocol = octets.text();
  const level = octets.octet();
  const flags = octets.octet();
  const keepAlive = octets.number();
  const client = octets.text();
  const will = (flags & 0x04) === 0 ? '' : `will ${shown(octets.text())} ${shown(octets.text())}`;
  const user = (flags & 0x80) === 0 ? '' : `user ${shown(octets.text())}`;
  const password = (flags & 0x40) === 0 ? '' : `password ${secretMark}`;
  const session = (flags & 0x02) === 0 ? 'keeps its session' : 'clean session';
  return [shown(client), `${shown(protocol)} ${level},`, session, `keepalive ${keepAlive} s`, will, user, password];
}

function connack(octets: Octets): readonly string[] {
  const flags = octets.octet();
  const code = octets.octet();
  return [`${code} ${codes[code] ?? 'unknown'}`, (flags & 0x01) === 0 ? '' : 'session present'];
}

function publish(flags: number, octets: Octets): readonly string[] {
  const topic = octets.text();
  const qos = (flags >> 1) & 0x03;
  const id = qos === 0 ? '' : idOf(octets);
  const retain = (flags & 0x01) === 0 ? '' : 'retained';
  const duplicate = (flags & 0x08) === 0 ? '' : 'duplicate';
  return [shown(topic), `qos ${qos}`, id, retain, duplicate, shown(withoutSecretText(octets.rest()))];
}

const idOf = (octets: Octets): string => `id ${octets.number()}`;
const grant = (code: number): string => (code === 0x80 ? 'refused' : `qos ${code}`);

function list(octets: Octets, next: () => string): string {
  const parts: string[] = [];
  while (octets.left > 0 && parts.length < maxTopics) parts.push(next());
  return parts.join(', ') + (octets.left > 0 ? ', ...' : '');
}

const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}]/gu;
const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** On one line, with its control characters made visible, and bounded. */
function shown(text: string): string {
  const visible = text.slice(0, maxText).replace(unseen, code);
  return text.length > maxText ? `${visible}... (${text.length} characters)` : visible;
}

/** Reads on; throws at the end. */
class Octets {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  octet(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  number(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  /** Seven bits an octet, at most four of them. */
  length(): number {
    let length = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const octet = this.octet();
      length |= (octet & 0x7f) << shift;
      if ((octet & 0x80) === 0) return length;
    }
    throw malformed('the packet', 'has a length of more than four octets');
  }

  text(): string {
    const length = this.number();
    if (length > this.left) throw malformed('the packet', 'ends too early');
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  /** As much of the rest as is looked at. */
  rest(): string {
    const text = this.#bytes.toString('utf8', this.#at, Math.min(this.#bytes.length, this.#at + 4_096));
    this.#at = this.#bytes.length;
    return text;
  }
}
