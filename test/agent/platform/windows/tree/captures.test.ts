import { describe, expect, it } from 'vitest';
import { cspModules, cspSchemas } from '../../../../../agent/platform/windows/csp/index.js';
import { csp } from '../../../../../agent/platform/windows/tree/ddf.js';
import type {
  GroupCommand,
  Item,
  ResultsCommand,
  StatusCommand,
  SyncMlCommand,
} from '../../../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../../../protocol/syncml/read.js';
import { describeWithFixtures, fixture } from '../../../../support/shared.js';
import { add, getAll, remove, replace, tableOf } from './bench.js';

const commandsOf = (name: string): readonly SyncMlCommand[] => decodeSyncMl(fixture(`windows/${name}`)).commands;

describeWithFixtures('Captures and samples', () => {
  it('a Get of several Items is answered as Windows 26200 answered it, with its values in the tree', async () => {
    const commands = commandsOf('win11-26200-get-multiitem-results.trimmed.xml');
    const statuses = commands.filter((each): each is StatusCommand => each.verb === 'Status' && each.cmd === 'Get');
    const results = commands.find((each): each is ResultsCommand => each.verb === 'Results');
    const values = new Map(results?.items.map((item) => [item.source ?? '', item] as const));
    const { run } = tableOf({
      schemas: cspSchemas,
      modules: ['./DevDetail', './Device/Vendor/MSFT/DeviceManageability'].map((root) => ({
        roots: [root],
        get: ({ uri }) => values.get(uri)?.data,
      })),
    });
    const { answers } = await run(getAll(...statuses.map(({ targetRefs }) => targetRefs[0] ?? '')));
    expect(answers[0]?.statuses.map(({ targetRef, code }) => [targetRef, String(code)])).toEqual(
      statuses.map(({ targetRefs, data }) => [targetRefs[0], data]),
    );
    const bare = ({ source, meta, data }: Item) => ({ source, format: meta?.format, data });
    expect(answers[0]?.results.map(bare)).toEqual(results?.items.map(bare));
  });

  /** The sample's nodes are WMI's, which no CSP of ours has. */
  const wmi = csp(
    'cimv2',
    `
./cimv2 [G] node
  MDM_ConfigSetting [G] node
    {Setting} [ADGR] node *
      SettingValue [ADGR] bool
  MDM_Restrictions [G] node
    {Key} [ADGR] node *
      DataRoamingEnabled [ADGR] bool`,
  );

  it('the Atomic of MS-MDM is carried out; without the CmdIDs of its members each is 400, and nothing is (case D3)', async () => {
    const sample = commandsOf('msmdm-atomic.xml');
    const table = tableOf({ schemas: [wmi] });
    expect(await table.codes(...sample)).toEqual([200, 200, 200]);
    expect(Object.values(table.memory.data.tree).flatMap(({ value }) => value ?? [])).toEqual(['true', 'true']);
    const bare = sample.map((command): SyncMlCommand => {
      const { commands, ...atomic } = command as GroupCommand;
      return { ...atomic, commands: commands.map(({ cmdId: _gone, ...rest }) => rest as SyncMlCommand) };
    });
    const other = tableOf({ schemas: [wmi] });
    expect(await other.codes(...bare)).toEqual([507, 400, 400]);
    expect(other.memory.data.tree).toEqual({});
  });
});

describe('A network (case D8)', () => {
  const xml = (mode: string) =>
    `<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1"><name>Corp</name><SSIDConfig><SSID><name>Corp</name></SSID></SSIDConfig><connectionType>ESS</connectionType><connectionMode>${mode}</connectionMode><MSM><security><authEncryption><authentication>open</authentication><encryption>none</encryption><useOneX>false</useOneX></authEncryption></security></MSM></WLANProfile>`;

  it('is added once, then replaced; a Replace without it is 404', async () => {
    const table = tableOf({ schemas: cspSchemas, modules: cspModules });
    const uri = './Vendor/MSFT/WiFi/Profile/Corp';
    const wlan = `${uri}/WlanXml`;
    const state = () => table.applied.map(({ kind }) => kind);
    expect(await table.codes(replace(wlan, xml('auto')), add(wlan, xml('auto')), add(wlan, xml('manual')))).toEqual([
      404, 200, 418,
    ]);
    expect(state()).toEqual(['install-profile']);
    expect(await table.codes(replace(wlan, xml('manual')), remove(uri), replace(wlan, xml('auto')))).toEqual([
      200, 200, 404,
    ]);
    expect(state()).toEqual(['install-profile', 'install-profile', 'remove-profile']);
    expect(table.names()).toEqual([]);
  });
});
