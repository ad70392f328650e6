import { describe, expect, it } from 'vitest';
import { mqttPortKey, readProvisioning } from '../../../protocol/headwind/extras.js';
import { writeExtras, writeProvisioning } from '../../../protocol/headwind/write-extras.js';

describe('provisioning', () => {
  it('has texts in its bundle, and numbers for the retries: another type means nothing', () => {
    const read = readProvisioning(
      '{"com.hmdm.DEVICE_ID":7,"com.hmdm.BASE_URL":"https://a","com.hmdm.CONN_RETRY_COUNT":3,"com.hmdm.CONN_RETRY_DELAY":"9","com.hmdm.GROUP":null,"x.y":[1]}',
    );
    expect(read).toEqual({
      ...{ baseUrl: 'https://a', secondaryBaseUrl: 'https://a', retryCount: 3 },
      ignored: ['com.hmdm.DEVICE_ID', 'com.hmdm.CONN_RETRY_DELAY'],
      rest: { 'x.y': [1] },
    });
  });

  it('counts retries in whole numbers of Java alone', () => {
    const count = (value: string) => readProvisioning(`{"com.hmdm.CONN_RETRY_COUNT":${value}}`).retryCount;
    expect(['3', '0x3', '3.0', '5000000000', 'true'].map(count)).toEqual([3, 3, undefined, undefined, undefined]);
  });

  it('takes the old name of the device number, and its own wish where there is none', () => {
    expect(readProvisioning('{"ru.headwind.kiosk.DEVICE_ID":"a","com.hmdm.DEVICE_ID_USE":"imei"}')).toMatchObject({
      deviceId: 'a',
    });
    expect(
      readProvisioning('{"ru.headwind.kiosk.DEVICE_ID":"a","com.hmdm.DEVICE_ID_USE":"imei"}').deviceIdUse,
    ).toBeUndefined();
    expect(readProvisioning('{"com.hmdm.DEVICE_ID_USE":"serial"}')).toMatchObject({ deviceIdUse: 'serial' });
  });

  it('splits groups and certificates at commas, and drops what is empty at the end', () => {
    const read = readProvisioning('{"com.hmdm.GROUP":"1,,2,,","com.hmdm.CERTS":"https://a/x.pem,https://b/y.pem"}');
    expect(read).toMatchObject({ groups: ['1', '', '2'], certUrls: ['https://a/x.pem', 'https://b/y.pem'] });
    expect(readProvisioning('{"com.hmdm.GROUP":""}').groups).toEqual(['']);
  });

  it('is switched on by any text, or by true', () => {
    expect(
      readProvisioning('{"com.hmdm.SKIP_INTRO":"false","com.hmdm.OPEN_WIFI":true,"com.hmdm.WORK_PROFILE":0}'),
    ).toMatchObject({
      ...{ skipIntro: true, openWifi: true, ignored: ['com.hmdm.WORK_PROFILE'] },
    });
  });

  it('says by convention where our broker listens', () => {
    const bundle = (port: string) => readProvisioning(`{"${mqttPortKey}":${port}}`).mqttPort;
    expect(['31000', '"31000"', '0', '65536', '"x"', 'null', '1.5'].map(bundle)).toEqual([
      31_000,
      31_000,
      ...Array(5).fill(undefined),
    ]);
    expect(readProvisioning(writeExtras({ baseUrl: 'http://a', project: 'p', mqttPort: 1234 })).mqttPort).toBe(1234);
  });

  it('says where it cannot be read: a quotation mark in a number is not escaped by the server', () => {
    const text = writeExtras({ deviceId: 'a"b', baseUrl: 'http://a', project: '' });
    expect(() => readProvisioning(text)).toThrow(
      expect.objectContaining({ code: 'HEADWIND_MALFORMED', details: { at: 'character 26' } }),
    );
    expect(() => readProvisioning('not json')).toThrow(expect.objectContaining({ code: 'HEADWIND_MALFORMED' }));
  });

  it('is written as the server does, with what an administrator typed put in as it is', () => {
    const text = writeProvisioning({
      ...{ baseUrl: 'https://a', project: 'hmdm', component: 'a/b', downloadUrl: 'https://a/x y.apk', checksum: 'c=' },
      ...{
        wifi: { ssid: ' net ' },
        useMobileData: true,
        skipEncryption: false,
        qrParameters: '"k":1',
        adminExtras: ' "m":"n" ',
      },
      customer: 'a"b',
    });
    expect(text).toContain(
      '"android.app.extra.PROVISIONING_WIFI_SSID":"net",\n"android.app.extra.PROVISIONING_WIFI_SECURITY_TYPE":"WPA",\n"android',
    );
    expect(text).not.toContain('SKIP_ENCRYPTION');
    expect(readProvisioning(text)).toEqual({
      ...{ component: 'a/b', downloadUrl: 'https://a/x%20y.apk', checksum: 'c=', useMobileData: true, customer: 'a"b' },
      ...{
        leaveAllSystemAppsEnabled: true,
        baseUrl: 'https://a',
        secondaryBaseUrl: 'https://a',
        serverProject: 'hmdm',
      },
      ...{ wifi: { ssid: 'net', security: 'WPA' }, ignored: [], rest: { k: 1, m: 'n' } },
    });
  });
});
