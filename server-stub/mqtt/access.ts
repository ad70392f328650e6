// Who may connect to our broker, under which id, and what for (specs/android.md §1.2, §1.5, 0a.16, 0a.29).
import { timingSafeEqual } from 'node:crypto';
import { isDeviceNumber } from '../../protocol/headwind/number.js';
import { isFilter, isMqttText } from './filters.js';
import type { Qos } from './message.js';

/** Devices are all the same user; whoever may publish is the other. */
export type Role = 'device' | 'publisher';

/** Headwind's own password for the user `admin` (`mqtt.admin.password`). */
export const defaultAdminPassword = 'dd3V5YDkrX';

/** A real server publishes under this id with a tag of its own behind it, and a device with it would end its session. */
const publisherId = 'HMDMServer';
/** Longest id of a publisher. */
const maxIdLength = 256;
/** Filters of one session; a launcher has one. */
export const maxSubscriptions = 16;

interface AccessOptions {
  readonly devicePassword: string;
  readonly adminPassword: string;
  readonly confined: boolean;
}

type Admission =
  | { readonly role: Role }
  /** `returnCode` of the CONNACK: 2 for the id, 5 for the credentials (§3.2.2.3). */
  | { readonly returnCode: 2 | 5; readonly reason: string };

export class Access {
  readonly #passwords: ReadonlyMap<string, { readonly role: Role; readonly password: Buffer }>;
  readonly #confined: boolean;

  constructor({ devicePassword, adminPassword, confined }: AccessOptions) {
    this.#passwords = new Map([
      ['hmdm', { role: 'device', password: Buffer.from(devicePassword) }],
      ['admin', { role: 'publisher', password: Buffer.from(adminPassword) }],
    ]);
    this.#confined = confined;
  }

  /** Passwords are compared as they are: the launcher's in lower case is wrong at a real server, too. */
  admit(
    { clientId, isClean }: { readonly clientId: string; readonly isClean: boolean },
    username: string | undefined,
    password: Buffer | undefined,
  ): Admission {
    const known = this.#passwords.get(username ?? '');
    if (known === undefined) return { returnCode: 5, reason: 'no such user' };
    if (password === undefined || !isEqual(password, known.password))
      return { returnCode: 5, reason: 'wrong password' };
    const { role } = known;
    const reason = role === 'device' ? judgeDeviceId(clientId) : judgePublisherId(clientId, isClean);
    return reason === undefined ? { role } : { returnCode: 2, reason };
  }

  /**
   * The QoS that a subscription is granted; undefined: refused. A device may subscribe to whatever it likes, `#` too, as at a real server,
   * unless the broker is told to confine it to its own number. `$...` is nobody's: we have no such topics.
   */
  judgeSubscription(role: Role, clientId: string, filter: string, qos: Qos): Qos | undefined {
    if (!isFilter(filter) || filter.startsWith('$')) return undefined;
    if (this.#confined && role === 'device' && filter !== clientId) return undefined;
    return qos;
  }
}

const isEqual = (given: Buffer, wanted: Buffer): boolean =>
  given.length === wanted.length && timingSafeEqual(given, wanted);

function judgeDeviceId(id: string): string | undefined {
  if (!isDeviceNumber(id) || !isMqttText(id)) return 'the client id is no device number';
  return id.startsWith(publisherId) ? 'the client id is the publisher’s' : undefined;
}

/** Without an id it is given one by us, for as long as it is connected. [MQTT-3.1.3-8] */
function judgePublisherId(id: string, isClean: boolean): string | undefined {
  if (id === '' && !isClean) return 'no client id, and a session that is to stay';
  return id.length <= maxIdLength && isMqttText(id) ? undefined : 'the client id is too long or has control characters';
}
