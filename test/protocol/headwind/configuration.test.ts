import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../base/json.js';
import { readConfiguration, writeConfiguration } from '../../../protocol/headwind/configuration.js';
import { readReply, writeError, writeReply } from '../../../protocol/headwind/envelope.js';
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';

const empty: HeadwindConfiguration = { applications: [], applicationSettings: [], files: [], rest: {} };

describe('a configuration', () => {
  it('is written as JSON, whatever numbers beyond a double were in what the launcher has no place for', () => {
    const reply = readReply(
      Buffer.from(
        '{"status":"OK","data":{"applications":[{"id":1e999,"pkg":"a"}],"size":1e999,"more":[{"n":-1e999}]}}',
      ),
    );
    const read = readConfiguration(reply.data as JsonObject);
    expect(read.applications).toEqual([{ pkg: 'a' }]);
    expect(JSON.stringify(read.rest)).toBe('{"size":null,"more":[{"n":null}]}');
    expect(() => JSON.parse(writeReply(writeConfiguration(read)).toString())).not.toThrow();
  });

  it('is read as the launcher reads it: other types are turned into its own, null is absent', () => {
    const read = readConfiguration({
      ...{
        newNumber: 5,
        keepaliveTime: '60',
        wifi: 1,
        kioskMode: 'true',
        reboot: null,
        description: null,
        custom1: false,
      },
      ...{
        applications: null,
        applicationSettings: [{ packageId: 'a', name: 'b', type: '2', value: 7, readOnly: true }],
      },
      files: [{ path: 'x', lastUpdate: '5', varContent: 1 }, null],
    });
    expect(read).toEqual({
      ...{ newNumber: '5', keepaliveTime: 60, wifi: true, kioskMode: true, custom1: 'false', applications: [] },
      applicationSettings: [{ packageId: 'a', name: 'b', type: 2, value: '7' }],
      files: [{ path: 'x', lastUpdate: 5, varContent: true }],
      rest: {},
    });
  });

  it('keeps what nobody acts on, as it came', () => {
    const { rest } = readConfiguration({
      iconSize: '140',
      displayStatus: null,
      actions: [],
      plugin: { a: [1] },
      __proto__x: 1,
    });
    expect({ ...rest }).toEqual({
      iconSize: '140',
      displayStatus: null,
      actions: [],
      plugin: { a: [1] },
      __proto__x: 1,
    });
  });

  // biome-ignore format: a table
  it.each<[JsonObject, string]>([
    [{ iconSize: 'large' }, 'iconSize'],
    [{ volume: {} }, 'volume'],
    [{ kioskHome: 'yes' }, 'kioskHome'],
    [{ newServerUrl: ['x'] }, 'newServerUrl'],
    [{ applications: {} }, 'applications'],
    [{ applications: ['x'] }, 'applications/0'],
    [{ applications: [{}, { code: 'x' }] }, 'applications/1/code'],
    [{ applicationSettings: [{ lastUpdate: true }] }, 'applicationSettings/0/lastUpdate'],
    [{ files: [{ checksum: {} }] }, 'files/0/checksum'],
    [{ actions: [{ hosts: [] }] }, 'actions/0/hosts'],
  ])('%j is refused whole, and the message names %s', (data, at) => {
    expect(() => readConfiguration(data)).toThrow(expect.objectContaining({ code: 'HEADWIND_MALFORMED', details: { at } }));
  });

  it('is written with both lists, the nulls and the primitives of the server', () => {
    const written = writeConfiguration(empty);
    expect(Object.keys(written).slice(0, 3)).toEqual(['backgroundColor', 'textColor', 'backgroundImageUrl']);
    expect(written).toMatchObject({
      password: null,
      kioskMode: false,
      systemUpdateType: 0,
      files: [],
      applicationSettings: [],
    });
    expect(Object.keys(written)).not.toContain('restrictions');
    expect(Object.keys(written)).not.toContain('lockVolume');
  });

  it('is written and read to the same, with what only other servers send', () => {
    const configuration: HeadwindConfiguration = {
      ...{
        factoryReset: true,
        passwordReset: '',
        lock: true,
        lockMessage: 'x',
        newNumber: 'h2',
        restrictions: 'no_sms',
      },
      applications: [{ id: 1, type: 'app', name: 'n', pkg: 'p', system: true, runAtBoot: true, code: 7, intent: 'i' }],
      applicationSettings: [{ packageId: 'a', name: 'b', value: 'c', readonly: true, lastUpdate: 5, variable: true }],
      files: [{ path: '/a', url: 'u', lastUpdate: 1, remove: true, varContent: true, description: 'd' }],
      rest: Object.assign(Object.create(null), { other: [1] }),
    };
    const reply = readReply(writeReply(writeConfiguration(configuration)));
    const { rest, ...read } = readConfiguration(reply.data as JsonObject);
    const { rest: _, ...given } = configuration;
    expect(read).toEqual({ ...given, kioskMode: false });
    expect(rest['other']).toEqual([1]);
  });

  it('is written with its names as its own, whatever they are', () => {
    const rest: JsonObject = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
    const written = writeConfiguration({ ...empty, rest });
    expect(Object.keys(written)).toContain('constructor');
    expect(Object.getPrototypeOf(written)).toBeNull();
  });
});

describe('a reply', () => {
  const read = (text: string) => readReply(Buffer.from(text));

  it('is written as the server writes it', () => {
    expect(writeReply({ a: 'é😀' }).toString('utf8')).toBe(
      '{"status":"OK","message":null,"data":{"a":"é\\uD83D\\uDE00"}}',
    );
    expect(writeReply(null).toString('utf8')).toBe('{"status":"OK","message":null,"data":null}');
    expect(writeError('error.notfound.device').toString('utf8')).toBe(
      '{"status":"ERROR","message":"error.notfound.device","data":null}',
    );
    expect(writeError(null).toString('utf8')).toBe('{"status":"ERROR","message":null,"data":null}');
  });

  it('is signed over what stands behind the first "data": but for the last character', () => {
    expect(read('{"status":"OK","message":null,"data": {"data":1} }').dataText).toBe(' {"data":1} ');
    expect(read('{"data":[1],"status":"OK"}').dataText).toBe('[1],"status":"OK"');
    expect(read('{"message":"\\"data\\":","status":"OK"}').dataText).toBeUndefined();
    expect(read('{"status":"OK"}').dataText).toBeUndefined();
  });

  it('may say little, or other things beside', () => {
    expect(read('\ufeff{"more":1}')).toEqual({ status: '', message: null, data: undefined, dataText: undefined });
    expect(read('{"status":1,"message":true,"data":null}')).toMatchObject({ status: '1', message: 'true', data: null });
  });

  it.each(['', '[]', '"x"', '<html></html>', '{"status":"OK"', '{"status":{}}'])('is none: %s', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'HEADWIND_MALFORMED' }));
  });
});
