import { describe, expect, it } from 'vitest';
import { readDynamicInfo, writeDynamicInfo } from '../../../protocol/headwind/dynamic-info.js';
import { readEnrollment, writeEnrollment } from '../../../protocol/headwind/enrollment.js';
import { readInfo, writeInfo } from '../../../protocol/headwind/info.js';
import {
  defaultLogRules,
  readLogItems,
  readLogRules,
  writeLogItems,
  writeLogRules,
} from '../../../protocol/headwind/logs.js';
import { readPollReply } from '../../../protocol/headwind/polling.js';

const malformed = expect.objectContaining({ code: 'HEADWIND_MALFORMED' });
const bytes = (text: string): Buffer => Buffer.from(text);

describe('the body of an enrollment', () => {
  it('is written as launcher 6.36 does: by name, and with the set that its bean makes of the groups', () => {
    const written = writeEnrollment({ customer: 'é', configuration: '4', groups: ['1', '2', '1'] });
    expect(written.toString('utf8')).toBe(
      '{"configuration":"4","customer":"é","groups":["1","2","1"],"groupSet":["1","2"]}',
    );
    expect(writeEnrollment({ customer: null, configuration: null, groups: null }).toString('utf8')).toBe(
      '{"configuration":null,"customer":null,"groups":null,"groupSet":null}',
    );
  });

  it('is read as the server reads it', () => {
    expect(readEnrollment(bytes('{"configuration":4,"groups":[1,"2",null],"more":{}}'))).toEqual({
      ...{ customer: null, configuration: '4', groups: ['1', '2'] },
    });
    expect(readEnrollment(bytes('{}'))).toEqual({ customer: null, configuration: null, groups: null });
    expect(readEnrollment(bytes(''))).toBeUndefined();
    expect(readEnrollment(bytes('null'))).toBeUndefined();
  });

  it('may tell of the device behind what the launcher writes, and is read without what is no word of that', () => {
    const device = {
      androidVersion: '15',
      manufacturer: 'Google',
      model: 'Pixel 8',
      serial: 'S1',
      imei: '356938035643809',
    };
    const written = writeEnrollment({ customer: null, configuration: '4', groups: null, device });
    expect(written.toString('utf8')).toBe(
      `{"configuration":"4","customer":null,"groups":null,"groupSet":null,"rollcall":${JSON.stringify(device)}}`,
    );
    expect(readEnrollment(written)?.device).toEqual(device);
    const wrong = { androidVersion: 15, manufacturer: '', model: 'x'.repeat(257), serial: null, imei: {}, more: 'x' };
    for (const rollcall of [wrong, [device], 'x', null])
      expect(readEnrollment(bytes(JSON.stringify({ configuration: '4', rollcall })))).not.toHaveProperty('device');
  });

  it.each(['{', '[]', '"x"', '{"customer":{}}', '{"groups":"1"}', '{"groups":[{}]}', '{"configuration":[4]}'])(
    '%s is what the server answers with 400',
    (text) => {
      expect(() => readEnrollment(bytes(text))).toThrow(malformed);
    },
  );
});

describe('device information', () => {
  it('is written as launcher 6.36 does: by name, its own nulls left out, those of apps and files written', () => {
    const written = writeInfo({
      ...{
        deviceId: 'h1',
        model: 'Pixel 8',
        permissions: [1, 0],
        batteryCharging: 'usb',
        batteryLevel: 7,
        mdmMode: true,
      },
      applications: [{ pkg: 'a.b', version: '1' }],
      files: [{ path: '/x', lastUpdate: 5 }],
      location: { ts: 5, lat: 52, lon: 1e-5 },
    }).toString('utf8');
    expect(written).toBe(
      '{"applications":[{"bottom":false,"code":null,"icon":null,"iconText":null,"intent":null,"keyCode":null,"longTap":false,"name":null,"pkg":"a.b","remove":false,"runAfterInstall":false,"runAtBoot":false,"screenOrder":null,"showIcon":false,"skipVersion":false,"type":null,"url":null,"useKiosk":false,"version":"1"}],' +
        '"batteryLevel":7,"defaultLauncher":false,"deviceId":"h1","files":[{"checksum":null,"description":null,"lastUpdate":5,"path":"/x","remove":false,"url":null,"varContent":false}],' +
        '"kioskMode":false,"location":{"lat":52.0,"lon":1.0E-5,"ts":5},"mdmMode":true,"model":"Pixel 8","permissions":[1,0]}',
    );
  });

  it('is read as the server reads it', () => {
    const read = readInfo(
      bytes(
        '{"deviceId":7,"batteryLevel":"77","mdmMode":0,"permissions":["1",2.9],"location":{"lat":"1.5"},"x":1,"model":null}',
      ),
    );
    expect(read).toEqual({
      ...{
        deviceId: '7',
        batteryLevel: 77,
        mdmMode: false,
        permissions: [1, 2],
        location: { ts: 0, lat: 1.5, lon: 0 },
      },
    });
    expect(readInfo(bytes('{"applications":[{"pkg":"a","type":"web"},null]}')).applications).toEqual([{ pkg: 'a' }]);
  });

  // biome-ignore format: a table
  it.each(['', 'null', '[]', '{"permissions":[true]}', '{"permissions":{}}', '{"location":[]}', '{"location":{"ts":"x"}}', '{"mdmMode":"TRUE"}', '{"applications":[{"type":"game"}]}', '{"applications":[{"showIcon":"x"}]}', '{"files":{}}', '{"batteryLevel":3000000000}'])(
    '%s is what the server answers with 400',
    (text) => {
      expect(() => readInfo(bytes(text))).toThrow(malformed);
    },
  );
});

describe('logs', () => {
  it('have rules, which a device without its own is sent too', () => {
    expect(readLogRules(writeLogRules(defaultLogRules))).toEqual(defaultLogRules);
    const rules = [{ packageId: 'a', logLevel: 2, filter: 'x' }];
    expect(readLogRules(writeLogRules(rules))).toEqual(rules);
    expect(readLogRules(bytes('{"status":"OK","data":null}'))).toBeUndefined();
    expect(readLogRules(bytes('{"status":"ERROR","data":[]}'))).toBeUndefined();
    expect(() => readLogRules(bytes('{"status":"OK","data":{}}'))).toThrow(malformed);
  });

  it('have lines, by name', () => {
    const items = [{ timestamp: 5, logLevel: 3, packageId: 'p', message: 'a\nb' }];
    expect(writeLogItems(items).toString('utf8')).toBe(
      '[{"logLevel":3,"message":"a\\nb","packageId":"p","timestamp":5}]',
    );
    expect(readLogItems(writeLogItems(items))).toEqual(items);
    for (const text of ['{}', '[1]', '[{"logLevel":"x"}]', 'null'])
      expect(() => readLogItems(bytes(text))).toThrow(malformed);
  });
});

describe('dynamic information', () => {
  it('is read by its sections, and what nobody knows is dropped', () => {
    const text = '[{"ts":"5","gps":{"lat":1.5,"x":1},"mobile2":{"data":1,"tx":"9"},"other":{},"wifi":null}]';
    const read = readDynamicInfo(bytes(text));
    expect(read).toEqual([{ ts: 5, gps: { lat: 1.5 }, mobile2: { data: true, tx: 9 } }]);
    expect(writeDynamicInfo(read).toString('utf8')).toBe('[{"ts":5,"gps":{"lat":1.5},"mobile2":{"data":true,"tx":9}}]');
    for (const bad of ['{}', '[{"gps":[]}]', '[{"device":{"wifi":"TRUE"}}]'])
      expect(() => readDynamicInfo(bytes(bad))).toThrow(malformed);
  });
});

describe('the reply of a poll', () => {
  it('has messages in their order, those without a type left out', () => {
    const text = '{"status":"OK","data":[{"messageType":"b","payload":5},{"payload":"x"},null,{"messageType":"a"}]}';
    expect(readPollReply(bytes(text))).toEqual([
      { messageType: 'b', payload: '5' },
      { messageType: 'a', payload: null },
    ]);
  });

  it('is one without messages where it says nothing, and none where its list is no list', () => {
    for (const text of ['{"status":"OK","data":null}', '{"status":"ERROR","data":[{"messageType":"a"}]}', '{}'])
      expect(readPollReply(bytes(text))).toBeUndefined();
    for (const text of ['{"status":"OK","data":{}}', '{"data":[1]}', '{"data":[{"messageType":{}}]}', 'x'])
      expect(() => readPollReply(bytes(text))).toThrow(malformed);
  });
});
