import { escapeAttribute } from '../../../../protocol/xml/write.js';
import type { CspSchema } from '../tree/schema.js';
import type { CspModule } from './module.js';
import { namesBelow, notHere } from './path.js';

/** As a native client says them (capture of 26200); of the others the version is not known here: 1.0 (convention). */
const versions: Readonly<Record<string, string>> = { DevDetail: '1.2', DevInfo: '1.0' };

/**
 * DeviceManageability: which CSPs the device has, made of the trees themselves (specs/windows.md §2.0), once it is asked for: a
 * process that has no Windows device reads none.
 */
export function deviceManageabilityModule(schemas: readonly CspSchema[]): CspModule {
  let list: string | undefined;
  const get: CspModule['get'] = (node) => {
    if (node.names.at(-1) !== 'CSPVersions') return undefined;
    list ??= document(schemas);
    return { format: 'xml', value: list };
  };
  return {
    roots: ['./Device/Vendor/MSFT/DeviceManageability'],
    get,
    judge({ node }, { memory }) {
      const [first, provider] = namesBelow(node, 'DeviceManageability');
      const { providerId } = memory.data.account;
      return first === 'Provider' && provider !== undefined && provider.toLowerCase() !== providerId.toLowerCase()
        ? notHere(`the device is enrolled at no provider “${provider}”`)
        : undefined;
    },
  };
}

function document(schemas: readonly CspSchema[]): string {
  const entries = schemas
    .flatMap(({ name, roots }) => roots.map(({ address }) => ({ address, version: versions[name] ?? '1.0' })))
    .toSorted((one, other) => (one.address < other.address ? -1 : 1))
    .map(({ address, version }) => `      <CSP Node="${escapeAttribute(address)}" Version="${version}"></CSP>\n`);
  return `<?xml version="1.0" encoding="utf-8"?>
<DeviceManageability Version="com.microsoft/1.1/MDM/DeviceManageability">
  <Capabilities>
    <CSPVersions>
${entries.join('')}    </CSPVersions>
  </Capabilities>
</DeviceManageability>`;
}
