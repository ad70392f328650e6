// Dynamic information of devices: the settings and the records (specs/android.md §1.6). The open launcher never sends any.
import { emptyObject, isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { type Fields, readBeans, readFields } from './beans.js';
import { readReply, writeReply } from './envelope.js';
import { readJacksonBytes, writeJackson } from './jackson.js';
import { malformed } from './refusal.js';

/** Whether and how often the server wants it. */
export interface DynamicInfoSettings {
  readonly sendData: boolean;
  readonly intervalMins: number;
}

/** One record. `ts`: milliseconds since the epoch; the sections hold what the tables below name. */
interface DynamicInfo {
  readonly ts: number;
  readonly device?: Readonly<Record<string, string | number | boolean>>;
  readonly wifi?: Readonly<Record<string, string | number | boolean>>;
  readonly gps?: Readonly<Record<string, string | number | boolean>>;
  readonly mobile?: Readonly<Record<string, string | number | boolean>>;
  readonly mobile2?: Readonly<Record<string, string | number | boolean>>;
}

const mobile = {
  rssi: 'integer',
  carrier: 'text',
  number: 'text',
  imsi: 'text',
  data: 'flag',
  ip: 'text',
  state: 'text',
  simState: 'text',
  tx: 'long',
  rx: 'long',
} as const satisfies Fields;

const sections = {
  device: {
    batteryLevel: 'integer',
    batteryCharging: 'text',
    wifi: 'flag',
    gps: 'flag',
    ip: 'text',
    keyguard: 'flag',
    ringVolume: 'integer',
    mobileData: 'flag',
    bluetooth: 'flag',
    usbStorage: 'flag',
    memoryTotal: 'integer',
    memoryAvailable: 'integer',
  },
  wifi: { rssi: 'integer', ssid: 'text', security: 'text', state: 'text', ip: 'text', tx: 'long', rx: 'long' },
  gps: {
    state: 'text',
    provider: 'text',
    lat: 'double',
    lon: 'double',
    alt: 'double',
    speed: 'double',
    course: 'double',
  },
  mobile,
  mobile2: mobile,
} as const satisfies Readonly<Record<string, Fields>>;

/** The settings in a reply; undefined where its status is not OK or it has none. Throws HEADWIND_MALFORMED. */
export function readDynamicInfoSettings(bytes: Uint8Array): DynamicInfoSettings | undefined {
  const { status, data } = readReply(bytes);
  if (data === undefined || data === null) return undefined;
  if (!isObject(data)) throw malformed('data', 'is not an object');
  const { sendData = false, intervalMins = 0 } = readFields(settings, data, 'data');
  return status === 'OK' ? { sendData, intervalMins } : undefined;
}

const settings = { sendData: 'flag', intervalMins: 'integer' } as const satisfies Fields;

/** The reply with the settings. */
export const writeDynamicInfoSettings = ({ sendData, intervalMins }: DynamicInfoSettings): Buffer =>
  writeReply({ sendData, intervalMins });

/** The body of an upload. */
export const writeDynamicInfo = (items: readonly DynamicInfo[]): Buffer =>
  Buffer.from(
    writeJackson(
      items.map((item): JsonValue => {
        const written: JsonObject = { ts: item.ts };
        for (const name of ['device', 'wifi', 'gps', 'mobile', 'mobile2'] as const) {
          const section = item[name];
          if (section !== undefined) written[name] = { ...section };
        }
        return written;
      }),
    ),
  );

/** The body of an upload, as the server reads it. Throws HEADWIND_MALFORMED. */
export function readDynamicInfo(bytes: Uint8Array): readonly DynamicInfo[] {
  const data = readJacksonBytes(bytes, 'the body');
  if (!Array.isArray(data)) throw malformed('the body', `is ${isObject(data) ? 'an object' : 'no list'}`);
  return readBeans({ body: data }, 'body', '', readItem) ?? [];
}

function readItem(bean: JsonObject, at: string): DynamicInfo {
  const { ts = 0 } = readFields({ ts: 'long' }, bean, at);
  const read: JsonObject = emptyObject();
  for (const [name, table] of Object.entries(sections)) {
    const section = bean[name];
    if (section === undefined || section === null) continue;
    if (!isObject(section)) throw malformed(`${at}/${name}`, 'is not an object');
    read[name] = readFields(table, section, `${at}/${name}`, '2.10');
  }
  return { ts, ...read };
}
