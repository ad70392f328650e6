import { describe, expect, it } from 'vitest';
import { isObject, type JsonValue } from '../../../base/json.js';
import { readConfiguration, writeConfiguration } from '../../../protocol/headwind/configuration.js';
import {
  readDynamicInfo,
  readDynamicInfoSettings,
  writeDynamicInfo,
  writeDynamicInfoSettings,
} from '../../../protocol/headwind/dynamic-info.js';
import { readEnrollment, writeEnrollment } from '../../../protocol/headwind/enrollment.js';
import { readReply, writeError, writeReply } from '../../../protocol/headwind/envelope.js';
import { readProvisioning } from '../../../protocol/headwind/extras.js';
import { readInfo, writeInfo } from '../../../protocol/headwind/info.js';
import { readLogItems, readLogRules, writeLogItems, writeLogRules } from '../../../protocol/headwind/logs.js';
import { messages } from '../../../protocol/headwind/messages.js';
import { printMqttPacket } from '../../../protocol/headwind/mqtt-printer.js';
import { readPollReply, writePollReply } from '../../../protocol/headwind/polling.js';
import { readPolledMessage, readPushText, writePushText } from '../../../protocol/headwind/push-text.js';
import {
  defaultSecret,
  judgeResponse,
  mqttPassword,
  requestSignature,
  signedText,
} from '../../../protocol/headwind/signature.js';
import { writeExtras, writeProvisioning } from '../../../protocol/headwind/write-extras.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { type Recorded, type Recording, recordings, replyOf, requestOf } from './recordings.js';

const all = recordings();
const http = all.filter(({ dir }) => dir !== 'mqtt');
const below = (part: string) => http.filter(({ path = '' }) => path.includes(part));
const isJson = (reply: Recorded): boolean => reply.headers.get('content-type') === 'application/json';
const isEnvelope = (recording: Recording): boolean =>
  recording.status === 200 && isJson(replyOf(recording)) && !/\/(?:jwt|qr)\//.test(recording.path ?? '');
const lastOf = (path: string): string => decodeURIComponent(path.split('/').at(-1) ?? '');

/** What both say, whatever the order of the keys and what the launcher writes beside. */
const json = (bytes: Uint8Array): JsonValue => JSON.parse(Buffer.from(bytes).toString('utf8'));

describeWithFixtures('the replies of a real server', () => {
  it('are there', () => {
    expect(http.length).toBeGreaterThan(70);
    expect(http.filter(isEnvelope).length).toBeGreaterThan(50);
  });

  it.each(http.filter(isEnvelope))('$dir/$name: is read as the reply that it is', (recording) => {
    const { body } = replyOf(recording);
    const reply = readReply(body);
    expect(['OK', 'ERROR']).toContain(reply.status);
    expect(writeJsonOf(reply.data)).toBe(reply.dataText);
    if (reply.status === 'ERROR') {
      expect(Object.values(messages)).toContain(reply.message);
      expect(writeError(reply.message).equals(body)).toBe(true);
    }
  });

  it.each(http.filter(({ responseSignature }) => responseSignature !== undefined))(
    '$dir/$name: its signature verifies, and it is written byte for byte from what was read',
    (recording) => {
      const { body, headers } = replyOf(recording);
      const { data, dataText = '' } = readReply(body);
      const header = headers.get('x-response-signature');
      expect(header).toBe(recording.responseSignature?.header);
      expect(judgeResponse(defaultSecret, dataText, header) === 'ok').toBe(recording.responseSignature?.verifies);
      if (!isObject(data)) throw new Error('no configuration');
      expect(writeReply(writeConfiguration(readConfiguration(data))).toString('utf8')).toBe(body.toString('utf8'));
    },
  );

  it.each(http.filter((recording) => !isEnvelope(recording) && !/\/(?:jwt|qr)\//.test(recording.path ?? '')))(
    '$dir/$name: is no reply in JSON',
    (recording) => {
      const reply = replyOf(recording);
      expect(isJson(reply)).toBe(false);
      if (recording.status !== 200) expect(() => readReply(reply.body)).toThrow('the reply is not JSON');
    },
  );

  it.each(below('/rest/notification').filter(isEnvelope))(
    '$dir/$name: holds messages that are read and written again',
    (recording) => {
      const { body } = replyOf(recording);
      const polled = readPollReply(body);
      if (readReply(body).status === 'ERROR') {
        expect(polled).toBeUndefined();
        return;
      }
      expect(writePollReply(polled ?? []).equals(body)).toBe(true);
    },
  );

  it('hold the payloads of polls as texts, which are read for themselves', () => {
    const polled = readPollReply(replyOf({ dir: 'rest', name: 'poll-05-batch' }).body) ?? [];
    expect(
      polled.map(readPolledMessage).map(({ messageType, payload }) => [messageType, payload && { ...payload }]),
    ).toEqual([
      ['runApp', { pkg: 'com.android.chrome', extra: { k: 'v "q"', n: 1 } }],
      ['reboot', undefined],
      ['textMessage', { id: 1, text: 'Hello "Ünïcode" \n line2' }],
    ]);
  });

  it('hold the rules of logs and the settings of dynamic information', () => {
    const rules = replyOf({ dir: 'rest', name: 'log-01-rules' }).body;
    expect(readLogRules(rules)).toEqual([{ packageId: 'com.hmdm.launcher', logLevel: 5 }]);
    expect(readReply(rules).data).toMatchObject(
      json(Buffer.from(JSON.stringify(readReply(writeLogRules(readLogRules(rules) ?? [])).data))) as object,
    );
    expect(readLogRules(replyOf({ dir: 'rest', name: 'log-03-unknown-device' }).body)).toBeUndefined();
    const settings = replyOf({ dir: 'rest', name: 'dinfo-01-settings' }).body;
    const read = readDynamicInfoSettings(settings);
    expect(read).toEqual({ sendData: false, intervalMins: 15 });
    if (read !== undefined) expect(readDynamicInfoSettings(writeDynamicInfoSettings(read))).toEqual(read);
  });
});

const writeJsonOf = (data: JsonValue | undefined): string => {
  const text = writeReply(data ?? null).toString('utf8');
  return text.slice('{"status":"OK","message":null,"data":'.length, -1);
};

describeWithFixtures('the requests that a real server took', () => {
  it.each(below('/sync/configuration/').filter(({ name }) => !/unsigned|bad-signature|lowercase/.test(name)))(
    '$dir/$name: is signed as ours are',
    (recording) => {
      const { headers } = requestOf(recording);
      const number = lastOf(recording.path ?? '');
      expect(requestSignature(defaultSecret, signedText.sync(number))).toBe(headers.get('x-request-signature'));
    },
  );

  it.each(below('/notification/polling/').filter(({ status }) => status === 200 || status === 500))(
    '$dir/$name: is signed as ours are',
    (recording) => {
      const [project = ''] = (recording.path ?? '').slice(1).split('/rest/');
      const text = signedText.polling(
        project === 'rest' || project.startsWith('rest/') ? '' : project,
        lastOf(recording.path ?? ''),
      );
      expect(requestSignature(defaultSecret, text)).toBe(requestOf(recording).headers.get('x-request-signature'));
    },
  );

  it('is refused where it is signed as launcher 6.36 does below a project', () => {
    const { headers } = requestOf({ dir: 'ctx-hmdm', name: 'ctx-04-poll-no-leading-slash' });
    const text = signedText.polling('hmdm', 'h0001', 'launcher-6.36');
    expect(requestSignature(defaultSecret, text)).toBe(headers.get('x-request-signature'));
  });

  it('for a file is signed over its path', () => {
    const { headers } = requestOf({ dir: 'rest', name: 'file-01-signed' });
    expect(requestSignature(defaultSecret, signedText.file('certs/ca.pem'))).toBe(headers.get('x-request-signature'));
  });

  it.each(below('/sync/configuration/').filter(({ method }) => method === 'POST'))(
    '$dir/$name: its body is read, and said again by ours',
    (recording) => {
      const { body } = requestOf(recording);
      const read = readEnrollment(body);
      if (read === undefined) throw new Error('no body');
      expect(json(writeEnrollment(read))).toEqual({ ...(json(body) as object), groupSet: read.groups });
    },
  );

  it.each(below('/sync/info').filter(({ method }) => method === 'POST'))(
    '$dir/$name: the information is read, and said again by ours',
    (recording) => {
      const { body } = requestOf(recording);
      const read = readInfo(body);
      const { batteryCharging: _, ...sent } = read;
      expect(json(writeInfo(read))).toMatchObject(JSON.parse(JSON.stringify(sent)));
      expect(readInfo(writeInfo(read))).toMatchObject(sent);
    },
  );

  it('hold information that the server keeps as we read it', () => {
    const { info } = JSON.parse(fixture('android/rest/info-01-stored.json').toString('utf8')).data;
    const { permissions, phone, deviceId, imei, batteryLevel, model, defaultLauncher, mdmMode, kioskMode, ...read } =
      readInfo(requestOf({ dir: 'rest', name: 'info-01-post' }).body);
    const same = { permissions, phone, deviceId, imei, batteryLevel, model, defaultLauncher, mdmMode, kioskMode };
    expect(info).toMatchObject({ ...same, androidVersion: read.androidVersion, serial: read.serial });
    expect(info.applications).toEqual(read.applications?.map(({ pkg, version }) => ({ pkg, version })));
    expect(info.files).toEqual(read.files);
  });

  it('hold lines of a log, which ours say in another order', () => {
    const { body } = requestOf({ dir: 'rest', name: 'log-02-upload' });
    expect(json(writeLogItems(readLogItems(body)))).toEqual(json(body));
  });

  it('hold dynamic information, byte for byte', () => {
    const { body } = requestOf({ dir: 'rest', name: 'dinfo-02-put' });
    expect(writeDynamicInfo(readDynamicInfo(body)).toString('utf8')).toBe(body.toString('utf8'));
  });
});

describeWithFixtures('the provisioning of a real server', () => {
  const bundle = {
    ...{ configuration: '4', baseUrl: 'http://127.0.0.1:17080', project: '' },
    adminExtras: '"com.hmdm.CONN_RETRY_COUNT":"1","com.hmdm.CONN_RETRY_DELAY":"2"',
  };

  it.each([
    ['qr-01-json-create', { ...bundle, deviceId: 'h0101', groups: ['1'] }],
    ['qr-02-json-useid', { ...bundle, deviceIdUse: 'imei' }],
    ['qr-08-json-groups', { ...bundle, deviceIdUse: 'serial', groups: ['1', '2'] }],
  ])('%s: is read, and written byte for byte', (name, extras) => {
    const text = replyOf({ dir: 'rest', name }).body.toString('utf8');
    expect(writeExtras(extras)).toBe(text);
    const { project, adminExtras: _, ...told } = extras;
    expect(readProvisioning(text)).toEqual({
      ...{ ...told, serverProject: project, secondaryBaseUrl: told.baseUrl, rest: {} },
      ignored: ['com.hmdm.CONN_RETRY_COUNT', 'com.hmdm.CONN_RETRY_DELAY'],
    });
  });

  it('below a project: names it', () => {
    const read = readProvisioning(replyOf({ dir: 'ctx-hmdm', name: 'ctx-01-qr-json' }).body.toString('utf8'));
    expect(read).toMatchObject({ deviceId: 'c0001', serverProject: 'hmdm', configuration: '1' });
  });

  it('in the picture of a QR code: is read, and written byte for byte', () => {
    const text = fixture('android/rest/qr-03-png.decoded.json').toString('utf8');
    const wifi = { ssid: 'Corp "A"', security: 'WPA', password: 'pa\\ss"w' };
    const full = {
      component: 'com.hmdm.launcher/com.hmdm.launcher.AdminReceiver',
      downloadUrl: 'http://127.0.0.1:17080/files/hmdm-5.19-os.apk',
      checksum: 'u01WMd7ib6zyElVfPVkZfvVko16iS2elYZEG8QrbJDU=',
    };
    expect(writeProvisioning({ ...bundle, ...full, wifi, deviceId: 'h0101', groups: ['1', '2'] }).trimEnd()).toBe(
      text.trimEnd(),
    );
    expect(readProvisioning(text)).toMatchObject({
      ...{
        ...full,
        wifi,
        deviceId: 'h0101',
        groups: ['1', '2'],
        leaveAllSystemAppsEnabled: true,
        skipEncryption: true,
      },
      rest: {},
    });
  });
});

interface Packet {
  readonly hex?: string;
  readonly cmd?: string;
  readonly topic?: string;
  readonly payload?: string;
  readonly password?: string;
  readonly messageId?: number;
}

describe.each(all.filter(({ dir }) => dir === 'mqtt'))('the packets of mqtt/$name', ({ name }) => {
  const packets: readonly Packet[] = fixture(`android/mqtt/${name}.jsonl`)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const withHex = packets.filter(({ hex }) => hex !== undefined);

  it('are shown as what they are, without passwords', () => {
    expect(withHex.length).toBeGreaterThan(5);
    for (const { hex = '', cmd = '', topic = '', password, messageId } of withHex) {
      const line = printMqttPacket(Buffer.from(hex, 'hex'));
      expect(line.startsWith(cmd.toUpperCase())).toBe(true);
      expect(line).toContain(topic);
      if (messageId !== undefined && messageId !== 0) expect(line).toContain(`id ${messageId}`);
      if (password !== undefined && password !== '') expect(line).toContain('password [secret]');
      expect(line).not.toContain(mqttPassword(defaultSecret));
    }
  });

  it('publish texts that are read, and written byte for byte', () => {
    const payloads = withHex.flatMap(({ cmd, payload }) =>
      cmd === 'publish' && payload !== undefined ? [payload] : [],
    );
    for (const text of payloads.filter((text) => text.startsWith('{messageType: '))) {
      const message = readPushText(text);
      expect(message?.messageType).toMatch(/^[a-zA-Z]+$/);
      const [, payload] = /, payload: (.*)\}$/s.exec(text) ?? [];
      expect(writePushText(message?.messageType ?? '', payload)).toBe(text);
    }
  });
});
