// Provisioning as the real server writes it, line by line, and with what it puts in as it stands (specs/android.md §1.9).
import type { ProvisioningWifi } from './extras.js';
import { mqttPortKey } from './extras.js';

/** What a server knows when it writes a QR code. */
interface ExtrasToWrite {
  /** Not escaped, as in the real server: a quotation mark in it breaks the JSON. */
  readonly deviceId?: string;
  /** Only where the device is to be created on demand. */
  readonly configuration?: string;
  readonly customer?: string;
  readonly deviceIdUse?: string;
  readonly groups?: readonly string[];
  readonly baseUrl: string;
  /** Without slashes; empty for a server at the root. */
  readonly project: string;
  /** By convention: the port of our broker. */
  readonly mqttPort?: number;
  /** Members of the bundle as an administrator typed them: `"com.hmdm.SKIP_INTRO":"1"`. Put in as it is. */
  readonly adminExtras?: string;
}

/** The bundle of admin extras: what `/rest/public/qr/json/<key>` answers. */
export function writeExtras(extras: ExtrasToWrite): string {
  const { deviceId, configuration, customer, deviceIdUse, groups = [], baseUrl, project, mqttPort } = extras;
  const id = deviceId?.trim() ?? '';
  const more = extras.adminExtras?.trim() ?? '';
  return [
    '{',
    id === '' ? '' : `"com.hmdm.DEVICE_ID":"${id}",`,
    configuration === undefined ? '' : `"com.hmdm.CONFIG":"${configuration}",\n`,
    customer === undefined ? '' : `"com.hmdm.CUSTOMER":${JSON.stringify(customer)},\n`,
    deviceIdUse === undefined ? '' : `"com.hmdm.DEVICE_ID_USE":${JSON.stringify(deviceIdUse)},\n`,
    groups.length === 0 ? '' : `"com.hmdm.GROUP":"${groups.join(',')}",\n`,
    `"com.hmdm.BASE_URL":"${baseUrl}",\n`,
    `"com.hmdm.SERVER_PROJECT":"${project}"`,
    mqttPort === undefined ? '' : `,\n"${mqttPortKey}":${mqttPort}`,
    more === '' ? '' : `,\n${more}`,
    '}\n',
  ].join('');
}

/** A full QR code. */
export interface ProvisioningToWrite extends ExtrasToWrite {
  /** `com.hmdm.launcher/com.hmdm.launcher.AdminReceiver`. */
  readonly component: string;
  readonly downloadUrl: string;
  /** URL-safe base64 of the package's SHA-256, with its padding. */
  readonly checksum: string;
  readonly wifi?: ProvisioningWifi;
  readonly useMobileData?: boolean;
  readonly skipEncryption?: boolean;
  /** Members as an administrator typed them. Put in as it is. */
  readonly qrParameters?: string;
}

const android = '"android.app.extra.PROVISIONING_';

/** The text of a full QR code. */
export function writeProvisioning(document: ProvisioningToWrite): string {
  const { component, downloadUrl, checksum, wifi, useMobileData = false, skipEncryption = true } = document;
  const parameters = document.qrParameters?.trim() ?? '';
  return [
    '{\n',
    `${android}DEVICE_ADMIN_COMPONENT_NAME":"${component}",\n`,
    `${android}DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION":${JSON.stringify(downloadUrl.replaceAll(' ', '%20'))},\n`,
    `${android}DEVICE_ADMIN_PACKAGE_CHECKSUM":"${checksum}",\n`,
    wifi === undefined ? '' : wifiLines(wifi),
    useMobileData ? `${android}USE_MOBILE_DATA":true,\n` : '',
    `${android}LEAVE_ALL_SYSTEM_APPS_ENABLED":true,\n`,
    skipEncryption ? `${android}SKIP_ENCRYPTION":true,\n` : '',
    parameters === '' ? '' : `${parameters.endsWith(',') ? parameters : `${parameters},`}\n`,
    `${android}ADMIN_EXTRAS_BUNDLE": `,
    writeExtras(document),
    '}\n',
  ].join('');
}

function wifiLines({ ssid, security = 'WPA', password = '' }: ProvisioningWifi): string {
  const key = password.trim() === '' ? '' : `${android}WIFI_PASSWORD":${JSON.stringify(password.trim())},\n`;
  return `${android}WIFI_SSID":${JSON.stringify(ssid.trim())},\n${android}WIFI_SECURITY_TYPE":"${security}",\n${key}`;
}
