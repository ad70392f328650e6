import { describe, expect, it } from 'vitest';
import type { DeviceInfo } from '../../../protocol/headwind/types.js';
import type { CertificateProfile, Profile } from '../../../protocol/vocabulary.js';
import { judgeConfirmation, judgeInfo, judgeLog } from '../../../server-stub/android/judge-info.js';
import { renderDocument } from '../../../server-stub/android/render/document.js';
import { readAwaited, readRenderMemory } from '../../../server-stub/android/render/remembered.js';
import { contextOf, documentOf, item, queued, rendered, start } from './documents.js';

const root: CertificateProfile = {
  kind: 'certificate',
  name: 'Root',
  role: 'root',
  source: { type: 'der', der: Buffer.from('3003020101', 'hex') },
};
const identity: CertificateProfile = {
  kind: 'certificate',
  name: 'Identity',
  role: 'identity',
  source: { type: 'scep', url: '', challenge: '{{scepChallenge}}', subject: [[['CN', 'a']]], keySizeBits: 2048 },
};
const mail: Profile = {
  kind: 'email',
  name: 'Mail',
  account: 'exchange',
  emailAddress: 'a@contoso.example',
  incoming: { host: 'mail.contoso.example', tls: true, authentication: 'password' },
};
const info = (more: Partial<DeviceInfo> = {}): DeviceInfo => ({ deviceId: 'h0101', ...more });

describe('an info after a document', () => {
  const document = rendered([item(root), item(mail)]);
  const [file] = document.configuration.files;
  const path = file?.path ?? '';
  const judge = (more: Partial<DeviceInfo>) => judgeInfo(info(more), document.awaited, document.memory);

  it('says that what it lists is applied, and with it what has no word on the wire', () => {
    const applications = [{ pkg: 'com.google.android.gm', version: '2026.1' }];
    const { answers, awaited } = judge({ files: [{ path, lastUpdate: start }], applications });
    expect(answers).toEqual([
      { commandId: 'install Root', outcome: { status: 'done' } },
      {
        commandId: 'install Mail',
        outcome: { status: 'done', data: { apps: { 'com.google.android.gm': '2026.1' } } },
      },
    ]);
    expect(awaited).toBeUndefined();
  });

  it.each<[string, Partial<DeviceInfo>]>([
    ['FILE_MISSING', {}],
    ['FILE_MISSING', { files: [{ path, lastUpdate: start, remove: true }] }],
    ['FILE_MISSING', { files: [{ path: `${path}x`, lastUpdate: start }] }],
    ['FILE_OLD', { files: [{ path, lastUpdate: start - 1 }] }],
  ])('says by its files what has failed: %s', (code, more) => {
    const { answers } = judge(more);
    expect(answers[0]).toMatchObject({ commandId: 'install Root', outcome: { status: 'failed', code } });
    expect(answers[1]).toMatchObject({ commandId: 'install Mail', outcome: { status: 'done' } });
  });

  it('says whether the app of a setting is there at all', () => {
    const { answers } = judge({ files: [{ path, lastUpdate: start }], applications: [] });
    expect(answers[1]).toMatchObject({ outcome: { data: { apps: { 'com.google.android.gm': 'not installed' } } } });
  });

  it('answers an inventory with what the device is, and where it is', () => {
    const commands = [queued({ kind: 'inventory' }), queued({ kind: 'locate' })];
    const { awaited, memory } = renderDocument(documentOf([], { commands }), contextOf());
    const facts = { model: 'Pixel 8', androidVersion: '15', imei: '356938035643809', serial: 'RF8N10ABCDE' };
    const location = { ts: 7, lat: 52.1, lon: 4.9 };
    expect(judgeInfo(info({ ...facts, location }), awaited, memory).answers).toEqual([
      {
        commandId: 'inventory',
        outcome: {
          status: 'done',
          data: { model: 'Pixel 8', osVersion: '15', imei: '356938035643809', serial: 'RF8N10ABCDE' },
        },
      },
      { commandId: 'locate', outcome: { status: 'done', data: { latitude: 52.1, longitude: 4.9, at: 7 } } },
    ]);
    const { answers } = judgeInfo(info({ model: ' ', imei: '1'.repeat(257) }), awaited, memory);
    expect(answers[0]?.outcome).toEqual({ status: 'done', data: {} });
    expect(answers[1]?.outcome).toMatchObject({ status: 'failed', code: 'NO_LOCATION' });
  });

  it('ends the withdrawal of what it does not list', () => {
    const removals = [{ name: 'Root', commandId: 'remove' }];
    const context = contextOf({ memory: document.memory, now: start + 1 });
    const gone = renderDocument(documentOf([], { removals }), context);
    const still = judgeInfo(info({ files: [{ path, lastUpdate: start }] }), gone.awaited, gone.memory);
    expect(still.answers).toMatchObject([{ outcome: { status: 'failed', code: 'FILE_LISTED' } }]);
    expect(Object.keys(still.memory.stamps ?? {})).toEqual([`file ${path}`]);
    const { answers, memory } = judgeInfo(info(), gone.awaited, gone.memory);
    expect(answers).toEqual([{ commandId: 'remove', outcome: { status: 'done' } }]);
    expect(memory.stamps).toEqual({});
    expect(renderDocument(documentOf([]), { ...context, memory }).configuration).toMatchObject({
      files: [],
      applicationSettings: [],
    });
  });

  it('ends a withdrawal of which nothing is awaited', () => {
    const gone = renderDocument(documentOf([]), contextOf({ memory: document.memory, now: start + 1 }));
    expect(gone.awaited.items).toEqual([]);
    expect(judgeInfo(info(), undefined, gone.memory).memory.stamps).toEqual({});
  });

  it('changes nothing where no document was fetched before it', () => {
    expect(judgeInfo(info(), undefined, document.memory)).toEqual({
      answers: [],
      awaited: undefined,
      memory: document.memory,
    });
  });
});

describe('a confirmation', () => {
  const commands = [queued({ kind: 'wipe' }), queued({ kind: 'restart' }), queued({ kind: 'lock' })];
  const { awaited, memory } = renderDocument(documentOf([], { commands }), contextOf());

  it('answers what it confirms, which no info does', () => {
    const after = judgeInfo(info(), awaited, memory);
    expect(after.answers.map(({ commandId }) => commandId)).toEqual(['lock']);
    const reset = judgeConfirmation('reset', info({ factoryReset: true }), after.awaited);
    expect(reset.answers).toEqual([{ commandId: 'wipe', outcome: { status: 'done' } }]);
    const reboot = judgeConfirmation('reboot', info(), reset.awaited);
    expect(reboot.answers).toEqual([{ commandId: 'restart', outcome: { status: 'done' } }]);
    expect(reboot.awaited).toBeUndefined();
    expect(judgeConfirmation('password', info(), awaited).answers).toEqual([]);
  });

  it('of a launcher without the right to reset says that nothing happens', () => {
    const { answers } = judgeConfirmation('reset', info({ factoryReset: false }), awaited);
    expect(answers).toMatchObject([{ outcome: { status: 'failed', code: 'NO_RIGHT' } }]);
  });
});

describe('a line of the companion’s log', () => {
  const { awaited, memory } = rendered([item(identity), item(mail)]);
  const line = (message: string) => ({ timestamp: 1, logLevel: 1, packageId: 'com.rollcall.companion', message });
  const judge = (...messages: string[]) => judgeLog(messages.map(line), awaited, memory, ['Identity', 'Mail', 'Held']);

  it('that says failed is the answer of what is awaited, and the next challenge is a new one', () => {
    const judged = judge('Got Push Message', 'rollcall: Identity failed: the server said badRequest');
    expect(judged.answers).toEqual([
      {
        commandId: 'install Identity',
        outcome: { status: 'failed', reason: 'the server said badRequest', code: 'HEADWIND_FAILED' },
      },
    ]);
    expect(judged.awaited?.items).toMatchObject([{ name: 'Mail' }]);
    expect(memory.orders).toHaveProperty('Identity');
    expect(judged.memory.orders).toEqual({});
    expect(judged.failedLater).toEqual([]);
    const { answers } = judgeInfo(info(), judged.awaited, judged.memory);
    expect(answers.map(({ commandId }) => commandId)).toEqual(['install Mail']);
  });

  it('of what was applied before says what has failed since, and what is well again', () => {
    const failed = 'rollcall: Held failed: expired';
    expect(judge(failed).failedLater).toEqual([{ name: 'Held', reason: 'expired' }]);
    expect(judge(failed, 'rollcall: Held installed')).toMatchObject({ failedLater: [], healed: ['Held'] });
    expect(judge('rollcall: Held installed', failed)).toMatchObject({ healed: [], answers: [] });
    expect(judge('rollcall: Mail installed')).toMatchObject({ healed: [], answers: [] });
  });
});

describe('what is kept of a document', () => {
  it('is read back as it was', () => {
    const { awaited, memory } = rendered([item(root), item(identity), item(mail)]);
    expect(readAwaited(structuredClone(awaited))).toEqual(awaited);
    expect(readRenderMemory(structuredClone(memory))).toEqual(memory);
  });

  it('and cannot be read is forgotten part by part', () => {
    expect(readAwaited({ at: 1, items: [{}] })).toBeUndefined();
    expect(readRenderMemory({ stamps: 7, mailApps: { a: 'b' } })).toEqual({ mailApps: { a: 'b' } });
    expect(readRenderMemory(undefined)).toEqual({});
  });
});
