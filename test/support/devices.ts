import { createHash } from 'node:crypto';
import { seededRandom } from '../../agent/io/random.js';
import type { DeviceFacts, DeviceState, SavedLink } from '../../agent/model/state.js';

/** Bytes that look random and are a function of their name. */
export const someBytes = (name: string, length: number): Buffer =>
  createHash('shake256', { outputLength: length }).update(name).digest();

/** The facts of device `index`: no real maker's, and all fields filled in. */
export function someFacts(index = 0): DeviceFacts {
  const hex = someBytes(`facts ${index}`, 20).toString('hex').toUpperCase();
  return {
    platform: 'ios',
    id: hex,
    serial: `F${hex.slice(0, 11)}`,
    manufacturer: 'Apple',
    model: 'iPhone15,2',
    modelName: 'iPhone',
    osVersion: '18.1',
    osBuild: '22B83',
    imei: `35${String(index).padStart(13, '0')}`,
    wifiMac: `a0:00:00:00:00:${(index % 256).toString(16).padStart(2, '0')}`,
    bluetoothMac: `a2:00:00:00:00:${(index % 256).toString(16).padStart(2, '0')}`,
    capacityGb: 128,
    supervised: false,
    native: { ModelNumber: 'MQ0G3LL/A' },
  };
}

/** A device as it is after enrollment: four profiles, a link with an identity, a certificate of its own among them. */
export function someState(index = 0, link: Partial<SavedLink> = {}): DeviceState {
  const random = seededRandom('some state', index);
  const certificate = Buffer.concat([someBytes('certificate of all', 400), random.bytes(330)]);
  return {
    version: 1,
    facts: someFacts(index),
    lifecycle: 'enrolled',
    condition: {
      deviceName: `iPhone ${index}`,
      locked: false,
      passcode: '1234',
      online: true,
      powered: true,
      batteryPercent: 80,
    },
    holdings: [
      {
        profile: {
          kind: 'email',
          name: 'Work mail',
          account: 'imap',
          emailAddress: `user${index}@example.test`,
          incoming: {
            host: 'imap.example.test',
            port: 993,
            tls: true,
            authentication: 'password',
            username: `user${index}`,
            password: 'mail',
          },
          outgoing: { host: 'smtp.example.test', tls: true, authentication: 'none' },
        },
        authority: 'office365',
        installedAt: 1_790_000_000_000 + index,
      },
      {
        profile: {
          kind: 'vpn',
          name: 'Office VPN',
          connectionName: 'Office',
          protocol: 'ikev2',
          server: 'vpn.example.test',
          authentication: 'shared-secret',
          sharedSecret: 'vpn',
        },
        authority: 'office365',
        installedAt: 1_790_000_000_100 + index,
      },
      {
        profile: {
          kind: 'wifi',
          name: 'Office Wi-Fi',
          ssid: 'office',
          hidden: false,
          autoJoin: true,
          security: 'wpa2',
          eap: { types: ['tls'], identity: 'Device certificate', anchors: ['Root'] },
        },
        authority: 'office365',
        installedAt: 1_790_000_000_200 + index,
      },
      {
        profile: {
          kind: 'certificate',
          name: 'Device certificate',
          role: 'identity',
          source: { type: 'der', der: certificate },
        },
        authority: 'office365',
        installedAt: 1_790_000_000_300 + index,
      },
    ],
    apps: [{ id: 'com.example.mail', name: 'Mail', version: '1.2', sizeBytes: 12_000_000, managed: true }],
    link: {
      platform: 'ios',
      authority: 'office365',
      origin: 'https://mdm.example.test:8443',
      data: {
        topic: 'com.apple.mgmt.External.rollcall',
        pushToken: random.bytes(32),
        pushMagic: random.uuid(),
        identity: {
          key: { pool: `rsa2048-${someBytes(`key ${index % 64}`, 16).toString('hex')}` },
          certificates: [certificate],
        },
      },
      ...link,
    },
    owesCheckIn: false,
    lastCheckInAt: 1_790_000_100_000 + index * 7,
  };
}
