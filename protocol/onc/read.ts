// Reads an Open Network Configuration as Android Management's documented subset has it; each network and certificate by itself.
import type { JsonValue } from '../../base/json.js';
import { readableCertificate } from '../x509/certificate.js';
import { readPem } from '../x509/pem.js';
import { readEap } from './eap.js';
import { Place, Refused } from './place.js';
import {
  type OncCertificate,
  type OncNetwork,
  type OncRead,
  type OncRefusal,
  type OncSecurity,
  oncSecurities,
} from './types.js';

const mostNetworks = 100;
const mostCertificates = 100;

/**
 * What can be read of a document; what cannot be taken is among the refusals, with its path. A network that refers to a certificate
 * which was refused is refused too. Never throws for what a document holds.
 */
export function readOnc(document: JsonValue): OncRead {
  const refusals: OncRefusal[] = [];
  const read = <T>(guid: string | undefined, reader: () => T): T | undefined => {
    try {
      return reader();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { path, reason } = error;
      refusals.push(guid === undefined ? { path, reason } : { path, reason, guid });
      return undefined;
    }
  };
  const lists = read(undefined, () => {
    const top = new Place(document, '', ['Type', 'NetworkConfigurations', 'Certificates']);
    top.oneOf('Type', ['UnencryptedConfiguration']);
    return {
      certificates: top.list('Certificates', mostCertificates),
      networks: top.list('NetworkConfigurations', mostNetworks),
    };
  });
  const certificates = readEach(lists?.certificates ?? [], (each, number) => {
    const path = `Certificates[${number}]`;
    return read(guidIn(each), () => readCertificate(each, path));
  }).filter(firstOfGuid('Certificates', refusals));
  const networks = readEach(lists?.networks ?? [], (each, number) => {
    const path = `NetworkConfigurations[${number}]`;
    return read(guidIn(each), () => readNetwork(each, path, certificates));
  }).filter(firstOfGuid('NetworkConfigurations', refusals));
  return { networks, certificates, refusals };
}

function readEach<T>(values: readonly JsonValue[], reader: (value: JsonValue, number: number) => T | undefined): T[] {
  return values.flatMap((value, number) => {
    const read = reader(value, number);
    return read === undefined ? [] : [read];
  });
}

function guidIn(value: JsonValue): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const guid = Object.hasOwn(value, 'GUID') ? value['GUID'] : undefined;
  return typeof guid === 'string' && guid !== '' ? guid : undefined;
}

function firstOfGuid(path: string, refusals: OncRefusal[]): (each: { readonly guid: string }) => boolean {
  const seen = new Set<string>();
  return ({ guid }) => {
    if (!seen.has(guid)) return seen.add(guid) !== undefined;
    refusals.push({ path, reason: `two have the GUID ${guid.slice(0, 60)}`, guid });
    return false;
  };
}

function readCertificate(value: JsonValue, path: string): OncCertificate {
  const at = new Place(value, path, ['GUID', 'Type', 'X509', 'PKCS12']);
  const guid = at.word('GUID');
  const type = at.oneOf('Type', ['Authority', 'Client'] as const);
  if (type === undefined) throw new Refused(at.at('Type'), 'is missing');
  if (type === 'Client') return { type, guid, pkcs12: base64In(at, 'PKCS12') };
  const x509 = x509In(at);
  if (readableCertificate(x509) === undefined) throw new Refused(at.at('X509'), 'is no certificate');
  return { type, guid, x509 };
}

const longestBase64 = 1024 * 1024;

function bulkText(at: Place, key: string): string {
  const value = at.value(key);
  if (typeof value !== 'string' || value === '') throw new Refused(at.at(key), 'is missing');
  if (value.length > longestBase64) throw new Refused(at.at(key), `has more than ${longestBase64} characters`);
  return value;
}

/** In PEM, or its base64 alone. */
function x509In(at: Place): Buffer {
  const text = bulkText(at, 'X509');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) return base64In(at, 'X509');
  const end = text.includes('-----END CERTIFICATE-----');
  const block = end ? readPem(text).find(({ label }) => label === 'CERTIFICATE') : undefined;
  if (block === undefined) throw new Refused(at.at('X509'), 'is a PEM block without end');
  return block.der;
}

function base64In(at: Place, key: string): Buffer {
  const text = bulkText(at, key).replace(/[ \t\r\n]/g, '');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Refused(at.at(key), 'is no base64');
  return Buffer.from(text, 'base64');
}

const wifiKeys = ['SSID', 'HexSSID', 'HiddenSSID', 'AutoConnect', 'Security', 'Passphrase', 'EAP'];

function readNetwork(value: JsonValue, path: string, certificates: readonly OncCertificate[]): OncNetwork {
  const at = new Place(value, path, ['GUID', 'Name', 'Type', 'WiFi']);
  const guid = at.word('GUID');
  const name = at.word('Name');
  if (at.oneOf('Type', ['WiFi']) === undefined) throw new Refused(at.at('Type'), 'is missing');
  const wifi = new Place(at.value('WiFi'), at.at('WiFi'), wifiKeys);
  const security = wifi.oneOf('Security', oncSecurities);
  if (security === undefined) throw new Refused(wifi.at('Security'), 'is missing');
  const passphrase = passphraseIn(wifi, security);
  const isEnterprise = security === 'WPA-EAP' || security === 'WPA3-Enterprise_192';
  return {
    guid,
    name,
    ssid: ssidIn(wifi),
    security,
    hidden: wifi.flag('HiddenSSID', false),
    autoConnect: wifi.flag('AutoConnect', false),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(isEnterprise ? { eap: readEap(wifi.value('EAP'), wifi.at('EAP'), security, certificates) } : {}),
  };
}

/** SSID as text, HexSSID as octets, or both where they say the same. */
function ssidIn(wifi: Place): Uint8Array {
  const text = wifi.text('SSID');
  const hex = wifi.text('HexSSID');
  if (text === undefined && hex === undefined) throw new Refused(wifi.at('SSID'), 'is missing, and so is HexSSID');
  if (hex !== undefined && !/^(?:[0-9A-Fa-f]{2})*$/.test(hex))
    throw new Refused(wifi.at('HexSSID'), 'is no hexadecimal text');
  const octets = hex === undefined ? Buffer.from(text ?? '', 'utf8') : Buffer.from(hex, 'hex');
  if (hex !== undefined && text !== undefined && !octets.equals(Buffer.from(text, 'utf8')))
    throw new Refused(wifi.at('HexSSID'), 'says another name than SSID');
  if (octets.length < 1 || octets.length > 32)
    throw new Refused(
      wifi.at(hex === undefined ? 'SSID' : 'HexSSID'),
      `has ${octets.length} octets, 1 to 32 are allowed`,
    );
  return octets;
}

/** Where the security has none, it is not looked at (ONC: ignored). */
function passphraseIn(wifi: Place, security: OncSecurity): string | undefined {
  if (security !== 'WEP-PSK' && security !== 'WPA-PSK') return undefined;
  const passphrase = wifi.word('Passphrase');
  const why = security === 'WEP-PSK' ? wepFault(passphrase) : pskFault(passphrase);
  if (why !== undefined) throw new Refused(wifi.at('Passphrase'), why);
  return passphrase;
}

/** 40 or 104 bits in hexadecimal digits; `0x` need not stand before them. */
export const wepFault = (passphrase: string): string | undefined =>
  /^(?:0x)?(?:[0-9A-Fa-f]{10}|[0-9A-Fa-f]{26})$/.test(passphrase)
    ? undefined
    : 'is no WEP key of 10 or 26 hexadecimal digits';

/** IEEE 802.11 §J.4: 8 to 63 octets, or the key itself. */
export function pskFault(passphrase: string): string | undefined {
  const octets = Buffer.byteLength(passphrase, 'utf8');
  if ((octets >= 8 && octets <= 63) || /^[0-9A-Fa-f]{64}$/.test(passphrase)) return undefined;
  return `has ${octets} octets, 8 to 63 or 64 hexadecimal digits are allowed`;
}
