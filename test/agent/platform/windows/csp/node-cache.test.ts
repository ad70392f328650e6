import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { command, openCsps } from './csp-stage.js';

const cache = './Vendor/MSFT/NodeCache/Rollcall';
const name = './DevDetail/Ext/Microsoft/DeviceName';
const area = './Vendor/MSFT/Policy/Config/Camera';

/** An Add with a media type. */
const typed = (target: string, type: string, data = ''): string =>
  command('Add', target, data).replace('</Meta>', `<Type xmlns="syncml:metinf">${type}</Type></Meta>`);

const node = (id: string, uri: string | undefined, expected?: string): string[] => [
  uri === undefined
    ? command('Add', `${cache}/Nodes/${id}`, undefined, 'node')
    : command('Add', `${cache}/Nodes/${id}/NodeURI`, uri),
  ...(expected === undefined ? [] : [command('Add', `${cache}/Nodes/${id}/ExpectedValue`, expected)]),
];

/** As after a restart that took a new name. */
const rename = (device: ReturnType<typeof openCsps>, deviceName: string): void => {
  const { state } = device.view;
  device.view.state = { ...state, condition: { ...state.condition, deviceName } };
};

const changed = async (device: ReturnType<typeof openCsps>) => (await device.get(`${cache}/ChangedNodes`)).data;

describe('A cache of nodes', () => {
  it('tells which nodes hold another value than expected: live ones, written ones, those that went', async () => {
    const device = openCsps();
    const { deviceName } = device.view.state.condition;
    await device.run(
      command('Add', `${area}/AllowCamera`, '1', 'int'),
      ...node('1', name, deviceName),
      ...node('2', `\n ${area}/AllowCamera `, '1'),
      ...node('3', './DevInfo/Man', 'Somebody else'),
    );
    expect(await changed(device)).toBe('3');
    await device.run(command('Replace', `${area}/AllowCamera`, '0', 'int'));
    expect(await changed(device)).toBe('2,3');
    await device.run(command('Delete', area));
    rename(device, 'DESKTOP-NEW');
    expect(await changed(device)).toBe('1,2,3');
  });

  it('tells all of it in the XML of Learn’s sample, values in base64', async () => {
    const device = openCsps();
    await device.run(
      ...node('10', undefined),
      ...node('20', name, 'x'),
      ...node('30', './Vendor/MSFT/Nowhere?"&', 'x'),
    );
    rename(device, 'SOMENEWVALUE');
    const [answer] = await device.run(command('Get', `${cache}/ChangedNodesData`));
    expect(answer?.results[0]?.meta).toEqual({ format: 'xml' });
    expect(answer?.results[0]?.data).toBe(
      '<Nodes><Node Id="10" Uri=""></Node>' +
        '<Node Id="20" Uri="./DevDetail/Ext/Microsoft/DeviceName">U09NRU5FV1ZBTFVF</Node>' +
        '<Node Id="30" Uri="./Vendor/MSFT/Nowhere?&quot;&amp;"></Node></Nodes>',
    );
  });

  it('expects a node not to be there, and a hash in any form', async () => {
    const device = openCsps();
    const hash = (encoding: 'utf8' | 'utf16le') =>
      createHash('sha256').update(Buffer.from(device.view.state.condition.deviceName, encoding));
    const sha = (id: string, data: string) =>
      typed(`${cache}/Nodes/${id}/ExpectedValue`, 'application/x-nodemon-sha256', data);
    await device.run(
      ...['1', '2', '3', '4'].flatMap((id) => node(id, id === '1' ? `${area}/AllowCamera` : name)),
      typed(`${cache}/Nodes/1/ExpectedValue`, 'application/x-nodemon-nonexistent'),
      sha('2', hash('utf8').digest('hex').toUpperCase()),
      sha('3', hash('utf16le').digest('base64')),
      sha('4', device.view.state.condition.deviceName),
    );
    expect(await changed(device)).toBe('4');
    expect((await device.get(`${cache}/Nodes/3/ExpectedValue`)).data).toBe(hash('utf16le').digest('base64'));
    expect(await device.get(`${cache}/Nodes/1/ExpectedValue`)).toEqual({ code: 200, data: '' });
    await device.run(command('Add', `${area}/AllowCamera`, '1', 'int'));
    rename(device, 'DESKTOP-NEW');
    expect(await changed(device)).toBe('1,2,3,4');
  });

  it('takes over what a node holds now, of an interior node all that is below it', async () => {
    const device = openCsps();
    const auto = (id: string) => command('Replace', `${cache}/Nodes/${id}/AutoSetExpectedValue`, '', 'null');
    const { deviceName } = device.view.state.condition;
    await device.run(
      command('Add', `${area}/AllowCamera`, '1', 'int'),
      command('Add', `${area}/Other`, 'a'),
      ...node('20', name),
      ...node('21', './Vendor/MSFT/Policy/Config'),
      ...node('22', './Vendor/MSFT/Policy/Config/None'),
    );
    expect(await device.codes(auto('20'), auto('21'), auto('22'), auto('23'))).toEqual([200, 200, 200, 500]);
    expect(await changed(device)).toBe('');
    expect((await device.get(`${cache}/Nodes/20/ExpectedValue`)).data).toBe(deviceName);
    await device.run(command('Delete', `${area}/AllowCamera`));
    expect(await changed(device)).toBe('21');
    await device.run(command('Add', `${area}/AllowCamera`, '1', 'int')); // after Other now
    expect(await changed(device)).toBe('');
    await device.run(command('Replace', `${area}/AllowCamera`, '0', 'int'));
    rename(device, 'DESKTOP-B');
    expect(await changed(device)).toBe('20,21');
  });

  it('is served a session as Learn describes it', async () => {
    const device = openCsps();
    await device.run(...node('1', name, 'old'), command('Add', `${cache}/CacheVersion`, 'v1'));
    const { data: now = '' } = await device.get(name);
    expect(
      await device.codes(
        command('Replace', `${cache}/Nodes/1/ExpectedValue`, now),
        command('Replace', `${cache}/CacheVersion`, 'v2'),
      ),
    ).toEqual([200, 200]);
    expect(await changed(device)).toBe('');
    expect((await device.get(`${cache}/CacheVersion`)).data).toBe('v2');
    expect((await device.get(cache)).data).toBe('CacheVersion/ChangedNodes/ChangedNodesData/Nodes');
  });

  it('does not look at caches, secrets, or what a user has who is not there', async () => {
    const device = openCsps();
    const account = './User/Vendor/MSFT/ActiveSync/Accounts/%7B4a5d9fe0-f139-4a63-a5a4-4f31ceea02ad%7D';
    await device.run(
      command('Add', `${account}/Password`, 'hunter2'),
      ...node('1', `${cache}/ChangedNodes`, ''),
      ...node('2', `${account}/Password`, 'hunter2'),
      ...node('3', './User/Vendor/MSFT/NodeCache', ''),
    );
    expect(await changed(device)).toBe('1,2,3');
    const { data = '' } = await device.get(`${cache}/ChangedNodesData`);
    expect(data).not.toContain(Buffer.from('hunter2').toString('base64'));
    const away = openCsps({ signedIn: 'none', data: device.memory.data });
    expect((await away.get('./User/Vendor/MSFT/NodeCache')).code).toBe(405);
    expect((await away.get(`${cache}/ChangedNodesData`)).data).toContain(`Uri="${account}/Password"></Node>`);
  });

  it('refuses an id with a comma, and says 416 of more than it may read', async () => {
    const device = openCsps();
    expect(await device.codes(...node('1,2', name))).toEqual([500]);
    const huge = 'x'.repeat(500_000);
    await device.run(command('Add', `${area}/Huge`, huge));
    await device.run(...Array.from({ length: 20 }, (_, at) => node(String(at), `${area}/Huge`, 'x')).flat());
    expect((await device.get(`${cache}/ChangedNodesData`)).code).toBe(416);
    expect((await device.get(`${cache}/ChangedNodes`)).code).toBe(416);
  });
});
