import { describe, expect, it } from 'vitest';
import { cspSchemas } from '../../../../../agent/platform/windows/csp/index.js';
import { csp } from '../../../../../agent/platform/windows/tree/ddf.js';
import type { NodeSchema } from '../../../../../agent/platform/windows/tree/schema.js';
import { buildSchema, misnamed } from '../../../../../agent/platform/windows/tree/tree-schema.js';

const rootOf = (text: string): NodeSchema => {
  const node = csp('Test', text).roots[0]?.node;
  if (node === undefined) throw new Error('no root');
  return node;
};

describe('The notation of trees', () => {
  it('is read with everything that a line may say', () => {
    const root = rootOf(`
./Vendor/MSFT/Test [G] node
  {Row Id} [ADG] node * = RegEx:^[^/]*$ CaseSense ATOMIC
    Status [G] int def=Not available
    Tags [AGR] chr/xml ? def=0x2 = Flag:0x1|0x2 RebootBehavior
    Days [ADEGR] chr = Range:[(-1)-2147483647] Masked
    File [AG] chr = XSD(VPNProfile)`);
    const [row] = root.children;
    const [status, tags, days, file] = row?.children ?? [];
    expect(row).toMatchObject({
      name: '{Row Id}',
      isDynamic: true,
      occurrence: 'ZeroOrMore',
      allowed: { kind: 'regex', pattern: '^[^/]*$' },
      isCaseSensitive: true,
      isAtomic: true,
    });
    expect([...(row?.access ?? [])]).toEqual(['Add', 'Delete', 'Get']);
    expect(status).toMatchObject({ format: 'int', default: 'Not available', occurrence: 'One', children: [] });
    expect(tags).toMatchObject({
      format: 'chr',
      otherFormats: ['xml'],
      occurrence: 'ZeroOrOne',
      default: '0x2',
      allowed: { kind: 'flag', values: [1, 2] },
      needsReboot: true,
    });
    expect(days).toMatchObject({ allowed: { kind: 'range', least: -1, most: 2_147_483_647 }, isMasked: true });
    expect(days?.access.size).toBe(5);
    expect(file).toMatchObject({ allowed: { kind: 'xsd', name: 'VPNProfile' } });
  });

  it('may give one tree at several addresses; ./Vendor is ./Device/Vendor', () => {
    const { roots } = csp('Test', './User/Vendor/MSFT/Test, ./Vendor/MSFT/Test [G] node');
    expect(roots.map(({ address }) => address)).toEqual(['./User/Vendor/MSFT/Test', './Device/Vendor/MSFT/Test']);
  });

  it.each([
    ['no root', '  A [G] chr'],
    ['nothing', ''],
    ['no address', 'Test [G] node'],
    ['no access', './Test node'],
    ['an unknown access', './Test [GX] node'],
    ['no format', './Test [G]'],
    ['an unknown format', './Test [G] text'],
    ['a level left out', './Test [G] node\n    A [G] chr'],
    ['three spaces', './Test [G] node\n   A [G] chr'],
    ['a space at the end', './Test [G] node '],
    ['nodes below a leaf', './Test [G] chr\n  A [G] chr'],
    ['two of one name', './Test [G] node\n  A [G] chr\n  a [G] chr'],
    ['two dynamic nodes', './Test [G] node\n  {A} [G] chr\n  {B} [G] chr'],
    ['an unknown constraint', './Test [G] chr = ONE:a|b'],
    ['a range upside down', './Test [G] int = Range:[5-1]'],
    ['a range that is none', './Test [G] int = Range:[a-b]'],
    ['a pattern that is none', './Test [G] chr = RegEx:([a'],
    ['a pattern that needs backtracking', './Test [G] chr = RegEx:(a)\\1'],
    ['flags that are none', './Test [G] int = Flag:one|two'],
    ['a default out of bounds', './Test [G] int def=7 = ENUM:1|2'],
    ['a default of an interior node', './Test [G] node def=7'],
    ['a constraint of an interior node', './Test [G] node = ENUM:1|2'],
    ['a slash in a name', './Test [G] node\n  A/B [G] chr'],
  ])('is refused with %s', (_, text) => {
    expect(() => csp('Test', text).roots).toThrow(/^the tree of Test, line \d+: /);
  });

  it('does not have two trees at one address', () => {
    const one = csp('One', './Vendor/MSFT/Test [G] node');
    const other = csp('Other', './Device/Vendor/MSFT/Test [G] node');
    expect(() => buildSchema([one, other])).toThrow(TypeError);
  });
});

describe('The trees of Windows', () => {
  const schema = buildSchema(cspSchemas);

  it.each([
    ['./Device/Vendor/MSFT/WiFi/Profile/Corp%20Net/WlanXml', 'chr'],
    ['./Vendor/MSFT/WiFi/Profile/Corp/WiFiCost', 'int'],
    ['./User/Vendor/MSFT/EMAIL2/%7BC556E16F-56C4-4EDB-9C64-D9469EE1FBE0%7D/TAGPROPS/8128000B', 'chr'],
    ['./User/Vendor/MSFT/ActiveSync/Accounts/%7Bx%7D/Options/ContentTypes/%7Bx%7D/Enabled', 'chr'],
    ['./Vendor/MSFT/VPNv2/Work/NativeProfile/Authentication/Eap/Configuration', 'chr'],
    ['./Vendor/MSFT/ClientCertificateInstall/SCEP/Id/Install/Enroll', 'null'],
    ['./Vendor/MSFT/CertificateStore/Root/System/0011/EncodedCertificate', 'b64'],
    ['./Vendor/MSFT/CertificateStore/Root/0011/EncodedCertificate', 'b64'],
    ['./Vendor/MSFT/CertificateStore/My/WSTEP/Renew/RenewNow', 'null'],
    ['./Device/Vendor/MSFT/RootCATrustedCertificates/Root/AB/EncodedCertificate', 'b64'],
    ['./DevInfo/DevId', 'chr'],
    ['./DevDetail/Ext/Microsoft/DNSComputerName', 'chr'],
    ['./Vendor/MSFT/DMClient/Provider/Rollcall/Poll/PollOnLogin', 'bool'],
    ['./SyncML/DMAcc/uid/AppAuth/CLCRED/AAuthSecret', 'chr'],
    ['./Device/Vendor/MSFT/Policy/Config/DeviceLock/MinDevicePasswordLength', 'chr'],
    ['./Device/Vendor/MSFT/NodeCache/Rollcall/Nodes/1/NodeURI', 'chr'],
    ['./Device/Vendor/MSFT/EnterpriseDesktopAppManagement/MSI/%7Bx%7D/DownloadInstall', 'xml'],
    ['./Device/Vendor/MSFT/DeviceManageability/Capabilities/CSPVersions', 'xml'],
    ['./Vendor/MSFT/RemoteWipe/AutomaticRedeployment/Status', 'int'],
    ['./Vendor/MSFT/Reboot/Schedule/Single', 'chr'],
    ['./Vendor/MSFT/RemoteLock/Lock', 'null'],
    ['./Vendor/MSFT/DeviceStatus/OS/Edition', 'chr'],
  ])('have %s', (uri, format) => {
    expect(schema.find(uri)?.node.format).toBe(format);
  });

  it.each([
    './Vendor/MSFT/EMAIL2/x/INSERVER', // the user's alone
    './User/Vendor/MSFT/RootCATrustedCertificates/Root/AB/EncodedCertificate',
    './User/Vendor/MSFT/VPNv2/Work/DeviceTunnel',
    './Device/Vendor/MSFT/VPNv2/Work/RequireVpnClientAppUI',
    './Device/Vendor/MSFT/RootCATrustedCertificates/root/AB/EncodedCertificate', // CaseSense
    './cimv2/MDM_ConfigSetting',
  ])('do not have %s', (uri) => {
    expect(schema.find(uri)).toBeUndefined();
  });

  it('say what a leaf is by its address', () => {
    const place = schema.find('./vendor/msft/wifi/profile/Corp%20Net/wlanxml');
    expect(place?.address).toEqual({
      scope: 'device',
      names: ['Vendor', 'MSFT', 'WiFi', 'Profile', 'Corp Net', 'WlanXml'],
      schemaNames: ['Vendor', 'MSFT', 'WiFi', 'Profile', '{SSID}', 'WlanXml'],
      uri: './Device/Vendor/MSFT/WiFi/Profile/Corp%20Net/WlanXml',
    });
    expect(place?.key).toBe('./device/vendor/msft/wifi/profile/corp%20net/wlanxml');
    expect(schema.find('./DevInfo/DevId')?.address).toMatchObject({ scope: 'root', names: ['DevInfo', 'DevId'] });
    expect(schema.find('./User/Vendor/MSFT/WiFi')?.address).toMatchObject({
      scope: 'user',
      names: ['Vendor', 'MSFT', 'WiFi'],
    });
  });

  it('ask for braces around the GUID of a mail account', () => {
    const of = (name: string) => schema.find(`./User/Vendor/MSFT/EMAIL2/${name}`);
    const guid = 'C556E16F-56C4-4EDB-9C64-D9469EE1FBE0';
    const [braced, bare] = [of(`%7B${guid}%7D`), of(guid)];
    if (braced === undefined || bare === undefined) throw new Error('no such node');
    expect(misnamed(braced)).toBeUndefined();
    expect(misnamed(bare)?.name).toBe(guid);
  });
});
