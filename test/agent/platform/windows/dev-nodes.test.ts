// What DevInfo, DevDetail, DeviceStatus and DeviceManageability say of the device.
import { describe, expect, it } from 'vitest';
import { devDetail } from '../../../../agent/platform/windows/csp/dev-detail.ddf.js';
import { nameAfterRestart, takeNewName } from '../../../../agent/platform/windows/csp/dev-detail.js';
import { devInfo } from '../../../../agent/platform/windows/csp/dev-info.ddf.js';
import { deviceManageabilityModule } from '../../../../agent/platform/windows/csp/device-manageability.js';
import type { CspContext } from '../../../../agent/platform/windows/csp/module.js';
import { decodeSyncMl } from '../../../../protocol/syncml/read.js';
import { fixture, withFixtures } from '../../../support/shared.js';
import { openCsps } from './csp-stage.js';
import { someFacts } from './some-device.js';

describe('DevInfo', () => {
  it('says who the device is', async () => {
    const { get } = openCsps();
    expect(await get('./DevInfo/DevId')).toBe(someFacts.id);
    expect(await get('./DevInfo/Man')).toBe('Dell Inc.');
    expect(await get('./DevInfo/Mod')).toBe('Latitude 5440');
    expect(await get('./DevInfo/DmV')).toBe('1.3');
    expect(await get('./DevInfo/Lang')).toBe(someFacts.native['Locale']);
    expect(await get('./DevInfo/Ext/ICCID')).toBe(404);
  });

  it('goes by the DeviceID that the enrollment has, not by that of the first installation', async () => {
    const deviceId = 'F'.repeat(32);
    expect(await openCsps({ data: { deviceId } }).get('./DevInfo/DevId')).toBe(deviceId);
  });
});

describe('the native answer to a Get of several Items', () => {
  it('is what the device answers, with the values of the capture in the device', withFixtures, async () => {
    const { commands } = decodeSyncMl(fixture('windows/win11-26200-get-multiitem-results.trimmed.xml'));
    const captured = commands.flatMap((command) => (command.verb === 'Results' ? command.items : []));
    const statuses = commands.flatMap((command) =>
      command.verb === 'Status' && command.cmd === 'Get' ? [[command.targetRefs[0], Number(command.data)]] : [],
    );
    const csps = openCsps({ facts: { osVersion: '10.0.26200.9278' } });
    const { account } = csps.memory.data;
    csps.memory.change({ account: { ...account, providerId: 'go-microsoft-dm-local-test' } });
    const items = statuses.map(([target]) => ({ target: String(target) }));
    const { answers } = await csps.run([{ verb: 'Get', cmdId: '5', items }]);
    expect(answers[0]?.statuses.map(({ targetRef, code }) => [targetRef, code])).toEqual(statuses);
    const isLong = ({ source = '' }: { readonly source?: string }) => source.endsWith('/CSPVersions'); // trimmed in the fixture
    const short = (all: readonly (typeof captured)[number][]) => all.filter((item) => !isLong(item));
    expect(short(answers[0]?.results ?? [])).toEqual(short(captured));
    expect(answers[0]?.results.find(isLong)?.meta).toEqual(captured.find(isLong)?.meta);
  });
});

describe('DevDetail', () => {
  it('says what the device is made of', async () => {
    const { get } = openCsps();
    expect(await get('./DevDetail/SwV')).toBe('10.0.22631.4317');
    expect(await get('./DevDetail/DevTyp')).toBe('Latitude 5440');
    expect(await get('./DevDetail/OEM')).toBe('Dell Inc.');
    expect(await get('./DevDetail/URI/MaxSegLen')).toBe('0');
    expect(await get('./DevDetail/Ext/Microsoft/SMBIOSSerialNumber')).toBe('8WXQK13');
    expect(await get('./DevDetail/Ext/Microsoft/SystemSKU')).toBe('0C04');
    expect(await get('./DevDetail/Ext/Microsoft/ProcessorArchitecture')).toBe('9');
    expect(await get('./DevDetail/Ext/Microsoft/OSPlatform')).toMatch(/^Windows 10 (Enterprise|Pro)$/);
    expect(await get('./DevDetail/Ext/WLANMACAddress')).toBe(someFacts.wifiMac.replaceAll(':', '').toUpperCase());
  });

  it('gives formats as a native client does: none for chr, bool for LrgObj', async () => {
    const { ask } = openCsps();
    expect(await ask('Get', './DevDetail/LrgObj')).toEqual({ code: 200, data: 'false', format: 'bool' });
    expect(await ask('Get', './DevDetail/SwV')).toEqual({ code: 200, data: '10.0.22631.4317' });
  });

  it('has no leaf that only a phone has', async () => {
    const { get } = openCsps();
    for (const leaf of ['MobileID', 'RadioSwV', 'CommercializationOperator'])
      expect(await get(`./DevDetail/Ext/Microsoft/${leaf}`)).toBe(404);
    expect(await get('./DevDetail/Ext/VoLTEServiceSetting')).toBe(404);
  });

  it('tells the time of the device’s clock, with seven digits of a second', async () => {
    const { get, clock } = openCsps();
    await clock.advance(1234);
    expect(await get('./DevDetail/Ext/Microsoft/LocalTime')).toBe('2026-11-26T16:20:01.2340000Z');
  });

  it('has figures that are the same each time, and differ between computers', async () => {
    const figures = async (serial: string) => {
      const native = { ...someFacts.native, HWDevID: serial.repeat(64).slice(0, 64) };
      const { get } = openCsps({ facts: { serial, native } });
      const leaves = ['Ext/Microsoft/FreeStorage', 'Ext/WlanIPv4Address', 'Ext/DeviceHardwareData'];
      return await Promise.all(leaves.map((leaf) => get(`./DevDetail/${leaf}`)));
    };
    const [one, again, other] = await Promise.all([figures('A'), figures('A'), figures('B')]);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(Buffer.from(String(one[2]), 'base64')).toHaveLength(3000);
    const { get } = openCsps();
    const [total, free] = await Promise.all(
      ['TotalStorage', 'FreeStorage'].map((leaf) => get(`./DevDetail/Ext/Microsoft/${leaf}`)),
    );
    expect(Number(total)).toBe(Math.floor((someFacts.capacityGb * 1e9) / 2 ** 20));
    expect(Number(free)).toBeLessThan(Number(total));
  });
});

describe('a new name for the computer', () => {
  const node = './DevDetail/Ext/Microsoft/DeviceName';

  it('is taken at the next start, and until then the old one is said', async () => {
    const csps = openCsps();
    const before = csps.state.condition.deviceName;
    expect(nameAfterRestart(csps.memory.data)).toBeUndefined();
    expect(await csps.replace(node, 'SALES-7')).toBe(200);
    expect(await csps.get(node)).toBe(before);
    expect(csps.state.condition.deviceName).toBe(before);
    expect(nameAfterRestart(csps.memory.data)).toBe('SALES-7');
    expect(takeNewName(csps.memory)).toBe('SALES-7');
    expect(takeNewName(csps.memory)).toBeUndefined();
  });

  it('may be made of the serial number and of digits that belong to the computer', async () => {
    const csps = openCsps();
    expect(await csps.replace(node, 'PC-%SERIAL%')).toBe(200);
    expect(nameAfterRestart(csps.memory.data)).toBe('PC-8WXQK13');
    expect(await csps.replace('./DevDetail/Ext/Microsoft/DNSComputerName', 'PC-%RAND:4%')).toBe(200);
    expect(await csps.replace(node, 'PC-%RAND:4%')).toBe(200);
    const name = nameAfterRestart(csps.memory.data);
    expect(name).toMatch(/^PC-\d{4}$/);
    await csps.replace(node, 'PC-%RAND:4%');
    expect(nameAfterRestart(csps.memory.data)).toBe(name);
  });

  it.each(['', '1234', 'two words', 'a'.repeat(64), 'ümlaut'])('is refused where it is none: “%s”', async (name) => {
    const csps = openCsps();
    expect(await csps.replace(node, name)).toBe(500);
    expect(nameAfterRestart(csps.memory.data)).toBeUndefined();
  });
});

describe('DeviceStatus', () => {
  const at = (leaf: string) => `./Vendor/MSFT/DeviceStatus/${leaf}`;

  it('is that of a healthy computer', async () => {
    const { get } = openCsps();
    expect(await get(at('SecureBootState'))).toBe('1');
    expect(await get(at('OS/Edition'))).toBe(String(someFacts.native['OSEdition']));
    expect(await get(at('TPM/SpecificationVersion'))).toBe('2.0');
    expect(await get(at('TPM/ManufacturerIdTxt'))).toBe('STM');
    expect(await get(at('Antivirus/Status'))).toBe('0');
    expect(await get(at('DomainName'))).toBe('');
  });

  it('lists the network cards, of which one is connected', async () => {
    const { get } = openCsps();
    const macs = String(await get(at('NetworkIdentifiers')))
      .split('/')
      .map(decodeURIComponent);
    expect(macs).toEqual(String(someFacts.native['Macs']).split(','));
    const connected = await Promise.all(macs.map((mac) => get(at(`NetworkIdentifiers/${mac}/IsConnected`))));
    expect(connected.filter((each) => each === 'true')).toHaveLength(1);
    const [mac = ''] = macs;
    expect(await get(at(`NetworkIdentifiers/${mac}/IPAddressV4`))).toMatch(/^192\.168\.\d+\.\d+$/);
    expect(await get(at(`NetworkIdentifiers/${mac}/IPAddressV6`))).toMatch(/^fe80::/);
    expect(await get(at('NetworkIdentifiers/00-00-00-00-00-00/Type'))).toBe(404);
  });

  it('has an IMEI where there is a modem', async () => {
    expect(await openCsps().get(at('CellularIdentities'))).toBe('');
    const imei = '490154203237518';
    const { get } = openCsps({ facts: { imei } });
    expect(await get(at('CellularIdentities'))).toBe(imei);
    expect(await get(at(`CellularIdentities/${imei}/RoamingStatus`))).toBe('false');
    expect(await get(at('CellularIdentities/1/RoamingStatus'))).toBe(404);
  });

  it('follows the device’s battery; a desktop computer has none', async () => {
    const battery = async (options: Parameters<typeof openCsps>[0]) => {
      const { get } = openCsps(options);
      return await Promise.all(
        ['Status', 'EstimatedChargeRemaining', 'EstimatedRuntime'].map((leaf) => get(at(`Battery/${leaf}`))),
      );
    };
    expect(await battery({ condition: { batteryPercent: 80 } })).toEqual(['1', '80', '23040']);
    expect(await battery({ condition: { batteryPercent: 20 } })).toEqual(['2', '20', '5760']);
    expect(await battery({ facts: { model: 'OptiPlex 7010' } })).toEqual(['128', '-1', '-1']);
  });

  it('is written by nobody', async () => {
    expect(await openCsps().replace(at('Firewall/Status'), '1', 'int')).toBe(405);
  });
});

describe('DeviceManageability', () => {
  it('lists the CSPs that there are, as a native client does', async () => {
    const { ask } = openCsps();
    const { data = '', format } = await ask('Get', './Device/Vendor/MSFT/DeviceManageability/Capabilities/CSPVersions');
    expect(format).toBe('xml');
    expect(data.split('\n').slice(0, 4)).toEqual([
      '<?xml version="1.0" encoding="utf-8"?>',
      '<DeviceManageability Version="com.microsoft/1.1/MDM/DeviceManageability">',
      '  <Capabilities>',
      '    <CSPVersions>',
    ]);
    expect(data).toContain('\n      <CSP Node="./DevDetail" Version="1.2"></CSP>\n');
    expect(data).toContain('<CSP Node="./Device/Vendor/MSFT/WiFi" Version="1.0"></CSP>');
    expect(data).toContain('<CSP Node="./User/Vendor/MSFT/EMAIL2" Version="1.0"></CSP>');
    expect(data.endsWith('</DeviceManageability>')).toBe(true);
  });

  it('writes the list as the capture of a native client has it', withFixtures, () => {
    const { commands } = decodeSyncMl(fixture('windows/win11-26200-get-multiitem-results.trimmed.xml'));
    const results = commands.flatMap((command) => (command.verb === 'Results' ? command.items : []));
    const captured = results.find(({ source }) => source?.endsWith('/CSPVersions'))?.data;
    const { get } = deviceManageabilityModule([devDetail, devInfo]);
    const uri = './Device/Vendor/MSFT/DeviceManageability/Capabilities/CSPVersions';
    const names = uri.split('/').slice(2);
    const node = { scope: 'device', names, schemaNames: names, uri } as const;
    expect(get?.(node, {} as CspContext)).toEqual({ format: 'xml', value: captured });
  });

  it('has the provider of the enrollment and no other', async () => {
    const { add } = openCsps();
    const at = (provider: string) => `./Device/Vendor/MSFT/DeviceManageability/Provider/${provider}/ConfigInfo`;
    expect(await add(at('Rollcall'), 'x')).toBe(200);
    expect(await add(at('Other'), 'x')).toBe(404);
  });
});
