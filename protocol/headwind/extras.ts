// Provisioning: the JSON of a QR code and the bundle of admin extras in it (specs/android.md §1.9).
import { emptyObject, type JsonObject } from '../../base/json.js';
import { isOrgObject, type OrgJson, OrgNumber, type OrgObject, readOrgObject } from './org-json.js';
import { plainOf, textAt } from './org-text.js';

/** A network that the setup wizard joins, in the words of Android's provisioning extras. */
export interface ProvisioningWifi {
  readonly ssid: string;
  /** `NONE`, `WPA`, `WEP`, `EAP`. */
  readonly security?: string;
  readonly password?: string;
  readonly hidden?: boolean;
}

/** What a device learns before its first contact. */
export interface Provisioning {
  readonly deviceId?: string;
  /** `imei` or `serial`, where no number is given. */
  readonly deviceIdUse?: string;
  readonly baseUrl?: string;
  /** The same as `baseUrl` where only that is given. */
  readonly secondaryBaseUrl?: string;
  /** Without slashes; empty for a server at the root. */
  readonly serverProject?: string;
  readonly customer?: string;
  /** A numeric id as text. */
  readonly configuration?: string;
  readonly groups?: readonly string[];
  /** Addresses of CA certificates, to be installed before the first contact. */
  readonly certUrls?: readonly string[];
  readonly retryCount?: number;
  /** Seconds. */
  readonly retryDelay?: number;
  readonly skipIntro?: boolean;
  readonly openWifi?: boolean;
  readonly workProfile?: boolean;
  /** By convention: the port of MQTT, which is compiled into a real launcher. */
  readonly mqttPort?: number;
  readonly wifi?: ProvisioningWifi;
  /** Package and class of the device administrator. */
  readonly component?: string;
  readonly downloadUrl?: string;
  readonly checksum?: string;
  readonly useMobileData?: boolean;
  readonly leaveAllSystemAppsEnabled?: boolean;
  readonly skipEncryption?: boolean;
  /** Keys that mean something and were passed over for the type of their value: CONN_RETRY_COUNT as a text. */
  readonly ignored: readonly string[];
  /** Every other key, as plain JSON. */
  readonly rest: Readonly<JsonObject>;
}

const android = 'android.app.extra.PROVISIONING_';
const bundleKey = `${android}ADMIN_EXTRAS_BUNDLE`;
/** By convention: our own servers say by this key where their broker listens. */
export const mqttPortKey = 'com.rollcall.MQTT_PORT';

/**
 * Reads the JSON of a full QR code, or of the bundle of admin extras alone (what `/rest/public/qr/json` answers), by the grammar of
 * Android's org.json. Values of the bundle are texts, and CONN_RETRY_COUNT and CONN_RETRY_DELAY are numbers: a launcher passes over
 * what has another type, which `ignored` names. Throws HEADWIND_MALFORMED with the offset at which the text cannot be read, as servers
 * put in what an administrator typed without a look at it.
 */
export function readProvisioning(text: string): Provisioning {
  const whole = readOrgObject(text);
  const inner = whole.get(bundleKey);
  const bundle = new Values(isOrgObject(inner) ? inner : whole);
  const outer = isOrgObject(inner) ? new Values(whole) : undefined;
  const read = defined({ ...readBundle(bundle), ...(outer === undefined ? {} : readOuter(outer)) });
  const ignored = [...bundle.ignored, ...(outer?.ignored ?? [])];
  return { ...read, ignored, rest: Object.assign(emptyObject(), outer?.rest(), bundle.rest()) };
}

type Part = { [Name in keyof Omit<Provisioning, 'ignored' | 'rest'>]: Provisioning[Name] | undefined };

function readBundle(bundle: Values): Part {
  const deviceId = bundle.text('com.hmdm.DEVICE_ID') ?? bundle.text('ru.headwind.kiosk.DEVICE_ID');
  const deviceIdUse = bundle.text('com.hmdm.DEVICE_ID_USE');
  const baseUrl = bundle.text('com.hmdm.BASE_URL');
  return {
    deviceId,
    deviceIdUse: deviceId === undefined ? deviceIdUse : undefined,
    baseUrl,
    secondaryBaseUrl: bundle.text('com.hmdm.SECONDARY_BASE_URL') ?? baseUrl,
    serverProject: bundle.text('com.hmdm.SERVER_PROJECT'),
    customer: bundle.text('com.hmdm.CUSTOMER'),
    configuration: bundle.text('com.hmdm.CONFIG'),
    groups: splitAsJava(bundle.text('com.hmdm.GROUP')),
    certUrls: splitAsJava(bundle.text('com.hmdm.CERTS')),
    retryCount: bundle.integer('com.hmdm.CONN_RETRY_COUNT'),
    retryDelay: bundle.integer('com.hmdm.CONN_RETRY_DELAY'),
    skipIntro: bundle.switched('com.hmdm.SKIP_INTRO'),
    openWifi: bundle.switched('com.hmdm.OPEN_WIFI'),
    workProfile: bundle.switched('com.hmdm.WORK_PROFILE'),
    mqttPort: bundle.port(mqttPortKey),
  };
}

function readOuter(outer: Values): Part {
  outer.used.add(bundleKey);
  const ssid = outer.text(`${android}WIFI_SSID`);
  const [security, password] = [outer.text(`${android}WIFI_SECURITY_TYPE`), outer.text(`${android}WIFI_PASSWORD`)];
  const hidden = outer.flag(`${android}WIFI_HIDDEN`);
  return {
    component: outer.text(`${android}DEVICE_ADMIN_COMPONENT_NAME`),
    downloadUrl: outer.text(`${android}DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION`),
    checksum: outer.text(`${android}DEVICE_ADMIN_PACKAGE_CHECKSUM`),
    wifi: ssid === undefined ? undefined : { ssid, ...defined({ security, password, hidden }) },
    useMobileData: outer.flag(`${android}USE_MOBILE_DATA`),
    leaveAllSystemAppsEnabled: outer.flag(`${android}LEAVE_ALL_SYSTEM_APPS_ENABLED`),
    skipEncryption: outer.flag(`${android}SKIP_ENCRYPTION`),
  };
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** As String.split of Java: empty parts at the end are dropped. */
function splitAsJava(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(',');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

/** The members of a bundle by type, with a record of what was asked for and what had another type. */
class Values {
  readonly used = new Set<string>();
  readonly ignored: string[] = [];

  constructor(readonly from: OrgObject) {}

  text(name: string): string | undefined {
    return this.#typed(name, (value) => (typeof value === 'string' ? value : undefined));
  }

  integer(name: string): number | undefined {
    return this.#typed(name, (value) =>
      value instanceof OrgNumber && value.type === 'integer' ? Number(value.value) : undefined,
    );
  }

  flag(name: string): boolean | undefined {
    return this.#typed(name, (value) => (typeof value === 'boolean' ? value : undefined));
  }

  /** On by any text, `false` too, or by true. */
  switched(name: string): boolean | undefined {
    return this.#typed(name, (value) => {
      if (typeof value === 'boolean') return value;
      return typeof value === 'string' ? true : undefined;
    });
  }

  /** Ours: a number or a text of digits. */
  port(name: string): number | undefined {
    this.used.add(name);
    const port = Number(textAt(this.from, name));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  }

  rest(): JsonObject {
    const rest = emptyObject();
    for (const [name, value] of this.from) if (!this.used.has(name)) rest[name] = plainOf(value);
    return rest;
  }

  #typed<T>(name: string, read: (value: OrgJson) => T | undefined): T | undefined {
    this.used.add(name);
    const value = this.from.get(name);
    if (value === undefined || value === null) return undefined;
    const typed = read(value);
    if (typed === undefined) this.ignored.push(name);
    return typed;
  }
}
