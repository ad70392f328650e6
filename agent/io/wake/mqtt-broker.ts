import { agentError } from '../../errors.js';
import type { WakeAsk } from '../../model/ports.js';

/** Where one device is woken by MQTT, as its ask says. */
export interface MqttBroker {
  /** The ask's. */
  readonly address: string;
  readonly url: URL;
  readonly clientId: string;
  readonly topic: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Seconds. */
  readonly keepalive: number;
}

const longestKeepalive = 65_535;

/** Reads an ask of the way `mqtt`. Throws PUSH_LOST where it does not say enough. */
export function brokerOf({ address, data = {} }: WakeAsk): MqttBroker {
  const text = (name: string): string | undefined => {
    const value = data[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const given = text('url') ?? '';
  const [clientId, topic] = [text('clientId'), text('topic')];
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !['mqtt:', 'mqtts:'].includes(url.protocol))
    throw agentError('PUSH_LOST', `no address of an MQTT broker: ${given}`);
  if (clientId === undefined || topic === undefined) throw agentError('PUSH_LOST', 'no client id or no topic for MQTT');
  const { keepalive = 300 } = data;
  if (typeof keepalive !== 'number' || !(keepalive >= 1 && keepalive <= longestKeepalive))
    throw agentError('PUSH_LOST', `a keepalive of ${keepalive} seconds is none of MQTT`);
  return { address, url, clientId, topic, username: text('username'), password: text('password'), keepalive };
}
