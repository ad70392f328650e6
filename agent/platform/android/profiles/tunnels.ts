// VPN: strongSwan's managed configuration, those of other VPN apps, and the files of WireGuard and OpenVPN.
import { posix } from 'node:path';
import { companionPackage } from '../../../../protocol/app-config/companion.js';
import { gmailPackage } from '../../../../protocol/app-config/gmail.js';
import { openvpnPackages, profileOfOpenvpn, readOpenvpn } from '../../../../protocol/app-config/openvpn.js';
import { outlookPackage } from '../../../../protocol/app-config/outlook.js';
import { readStrongswan, strongswanPackage, strongswanProfiles } from '../../../../protocol/app-config/strongswan.js';
import { readVpnApp } from '../../../../protocol/app-config/vpn-app.js';
import { looksLikeWireguard, profileOfWireguard, readWireguard } from '../../../../protocol/app-config/wireguard.js';
import { launcherPackage } from '../../../../protocol/headwind/labels.js';
import { textAt } from '../../../../protocol/managed-config/bundle.js';
import { filePath } from '../apply/paths.js';
import { addRead } from './accounts.js';
import type { Draft } from './draft.js';

const others = [companionPackage, gmailPackage, outlookPackage, strongswanPackage, launcherPackage];

export function readTunnels(draft: Draft): void {
  const { bundles } = draft.sources;
  const strongswan = bundles.get(strongswanPackage);
  for (const { uuid, entry } of strongswan === undefined ? [] : strongswanProfiles(strongswan))
    addRead(draft, {
      carrier: `vpn:${strongswanPackage}:${uuid}`,
      derived: textAt(entry, 'name') ?? uuid,
      bundle: entry,
      read: (names) => readStrongswan(entry, names),
    });
  for (const [app, bundle] of bundles)
    if (!others.includes(app))
      addRead(draft, {
        carrier: `vpn:${app}`,
        derived: textAt(bundle, 'vpn_connection_name') ?? app,
        bundle,
        read: (names) => readVpnApp(bundle, app, names),
      });
  for (const { path, remove } of draft.sources.configuration.files) if (remove !== true) readFile(draft, path);
}

/** By convention an app takes the file of its kind that lies on the device: `.ovpn`, and `.conf` with an [Interface]. */
const isTunnelFile = (path: string): boolean => /\.(?:ovpn|conf)$/i.test(path);

const largest = 1024 * 1024;

function readFile(draft: Draft, path: string): void {
  if (!isTunnelFile(path)) return;
  const resolved = filePath(path);
  const file = 'path' in resolved ? draft.sources.file(resolved.path) : undefined;
  if (file === undefined || file.length > largest) return;
  const text = Buffer.from(file).toString('utf8');
  const connectionName = posix.basename(path).replace(/\.[^.]+$/, '');
  const isOpenvpn = /\.ovpn$/i.test(path);
  if (!isOpenvpn && !looksLikeWireguard(text)) return;
  addRead(draft, {
    carrier: `file:${path}`,
    derived: connectionName,
    bundle: text,
    read: ({ name, certificate }) =>
      isOpenvpn
        ? profileOfOpenvpn(readOpenvpn(text), { name, connectionName, app: openvpnApp(draft), certificate })
        : profileOfWireguard(readWireguard(text), name, connectionName),
  });
}

const openvpnApp = ({ sources }: Draft): string =>
  openvpnPackages.find((app) =>
    sources.configuration.applications.some(({ pkg, remove }) => pkg === app && remove !== true),
  ) ?? openvpnPackages[0];
