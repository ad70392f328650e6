import { describe, expect, it } from 'vitest';
import { printMqttPacket } from '../../../protocol/headwind/mqtt-printer.js';

const printed = (hex: string): string => printMqttPacket(Buffer.from(hex, 'hex'));
const publish = (text: string): string => {
  const body = Buffer.concat([Buffer.from([0, 1, 0x61]), Buffer.from(text)]);
  const length = body.length < 128 ? [body.length] : [(body.length % 128) | 0x80, body.length >> 7];
  return printMqttPacket(Buffer.concat([Buffer.from([0x30, ...length]), body]));
};

describe('a control packet of MQTT', () => {
  // biome-ignore format: a table
  it.each([
    ['104100044d51545404c0003c000568303130310004686d646d002844353446353533454432454143344443463337314233383336364542464131423539373338313141',
      'CONNECT h0101 MQTT 4, keeps its session keepalive 60 s user hmdm password [secret]'],
    ['20020000', 'CONNACK 0 accepted'],
    ['20020105', 'CONNACK 5 not authorized session present'],
    ['820ab93a0005683031303102', 'SUBSCRIBE id 47418 h0101 qos 2'],
    ['9003b93a02', 'SUBACK id 47418 qos 2'],
    ['9003b93a80', 'SUBACK id 47418 refused'],
    ['34270005683031303100017b6d657373616765547970653a2022636f6e66696755706461746564227d', 'PUBLISH h0101 qos 2 id 1 {messageType: "configUpdated"}'],
    ['50020001', 'PUBREC id 1'],
    ['62020001', 'PUBREL id 1'],
    ['c000', 'PINGREQ'],
    ['e000', 'DISCONNECT'],
  ])('%s is shown on one line', (hex, line) => {
    expect(printed(hex)).toBe(line);
  });

  it('is shown with its control characters, bounded, without secrets', () => {
    expect(publish('a\n\u001b[2J\u202e')).toBe('PUBLISH a qos 0 a\\u000a\\u001b[2J\\u202e');
    expect(publish('{messageType: "x", payload: {"password":"hunter2"}}')).not.toContain('hunter2');
    expect(publish('x'.repeat(5_000))).toHaveLength('PUBLISH a qos 0 '.length + 300 + '... (4096 characters)'.length);
  });

  it.each(['', '30', '3005', '30ffffffffff', '3003ffff00', '20020000ff', '10020005'])(
    '%j is none, and is shown as bytes',
    (hex) => {
      expect(printed(hex)).toMatch(/no MQTT packet$/);
    },
  );
});
