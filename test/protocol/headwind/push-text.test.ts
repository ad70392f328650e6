import { describe, expect, it } from 'vitest';
import { readOrgObject } from '../../../protocol/headwind/org-json.js';
import {
  payloadObject,
  payloadText,
  pushTextOf,
  readPolledMessage,
  readPushText,
  writePushText,
} from '../../../protocol/headwind/push-text.js';
import { describeWithFixtures, fixture, hasFixtures } from '../../support/shared.js';

interface Row {
  readonly channel: 'mqtt' | 'poll';
  readonly text: string | null;
  readonly expect: {
    readonly why?: string;
    readonly result?: string;
    readonly messageType?: string;
    readonly payload?: unknown;
  };
}

const rows: readonly Row[] = hasFixtures()
  ? JSON.parse(fixture('android/push-text-table.json').toString('utf8')).rows
  : [];

/** The table has numbers with their type. */
const plain = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if ('type' in value && 'value' in value) return Number(value.value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
};

describeWithFixtures('the table of push texts', () => {
  it('has rows of both channels', () => {
    expect(new Set(rows.map(({ channel }) => channel))).toEqual(new Set(['mqtt', 'poll']));
  });

  it.each(rows)('$channel: $text', ({ channel, text, expect: expected }) => {
    if (channel === 'poll') {
      const { payload } = readPolledMessage({ messageType: 'x', payload: text });
      expect(payload === undefined ? null : { ...payload }).toEqual(plain(expected.payload));
      return;
    }
    const message = readPushText(text ?? '');
    if (expected.result === 'ignored') {
      expect(message).toBeUndefined();
      return;
    }
    expect(message?.messageType).toBe(expected.messageType);
    expect(message?.payload === undefined ? null : { ...message.payload }).toEqual(plain(expected.payload));
  });
});

describeWithFixtures('a text that Android refuses', () => {
  const refused = rows.filter(({ expect: { why = '' } }) => why.includes(' at character '));

  it('is there', () => {
    expect(refused.length).toBeGreaterThan(1);
  });

  it.each(refused)('$text is refused by us with its words, at its character', ({ text, expect: { why = '' } }) => {
    const [, reason = '', at = ''] = /^(.*?) at character (\d+) of /.exec(why) ?? [];
    expect(() => readOrgObject(text ?? '')).toThrow(`${reason} at character ${at}`);
  });
});

describe('a push', () => {
  it('is written as the server splices it, with nothing escaped', () => {
    expect(writePushText('configUpdated')).toBe('{messageType: "configUpdated"}');
    expect(writePushText('reboot', null)).toBe('{messageType: "reboot"}');
    expect(writePushText('runApp', '{"pkg":"a"}')).toBe('{messageType: "runApp", payload: {"pkg":"a"}}');
    expect(writePushText('a"b', 'x}')).toBe('{messageType: "a"b", payload: x}}');
  });

  it('is handed on as a text that is read to the same', () => {
    for (const text of [
      '{messageType:a,payload:{b:[1,{c:"d/\\n😀"}],e:null}}',
      '{messageType:5}',
      '{messageType:"",payload:[]}',
    ]) {
      const message = readPushText(text);
      if (message === undefined) throw new Error(text);
      expect(readPushText(pushTextOf(message))).toEqual(message);
      expect(() => JSON.parse(pushTextOf(message))).not.toThrow();
    }
  });

  it('of a poll keeps its type where its payload is no object', () => {
    expect(readPolledMessage({ messageType: 'a', payload: 'not json} at all' })).toEqual({ messageType: 'a' });
    expect(readPolledMessage({ messageType: 'a' })).toEqual({ messageType: 'a' });
  });

  it('gives the members of its payload as texts, whatever their type', () => {
    const { payload = {} } = readPushText('{messageType:a,payload:{p:5,q:true,r:null,s:{t:"u/v"},w:"x"}}') ?? {};
    expect(['p', 'q', 'r', 's', 'w', 'none'].map((name) => payloadText(payload, name))).toEqual([
      ...['5', 'true', 'null', '{"t":"u\\/v"}', 'x'],
      undefined,
    ]);
    expect(payloadText(payload, 'constructor')).toBeUndefined();
    expect({ ...payloadObject(payload, 's') }).toEqual({ t: 'u/v' });
    expect(payloadObject(payload, 'w')).toBeUndefined();
  });
});
