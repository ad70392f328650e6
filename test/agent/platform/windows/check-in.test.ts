import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { deviceIdOf } from '../../../../agent/platform/windows/device-id.js';
import type { QueuedAlert, Work } from '../../../../agent/platform/windows/saved.js';
import { issueCertificate } from '../../../../protocol/x509/issue.js';
import { rsaKey } from '../../../support/keys.js';
import { command, enrolledAt, headerStatus, openStage, outline, serverSays } from './session-stage.js';
import { someFacts } from './some-device.js';

const exec = (name: string): string => serverSays(command('Exec', '2', `./Device/Vendor/MSFT/${name}`));
const work = (patch: Partial<Work> = {}): Work => ({
  module: './Device/Vendor/MSFT/ClientCertificateInstall',
  name: 'a',
  tries: 0,
  data: {},
  ...patch,
});
const report: QueuedAlert = { code: '1226', type: 'com.microsoft:mdm.SCEPcertinstall.result', data: '1' };

describe('Unenroll', () => {
  it('breaks the session off, says 1226 in a new one, and then all is gone', async () => {
    const stage = openStage();
    stage.effects.push({ kind: 'unenroll' });
    stage.script.push(exec('DMClient/Unenroll'), serverSays(headerStatus(200) + command('Exec', '9', './A')));
    const order: string[] = [];
    expect(await stage.checkIn({ save: async () => void order.push(`saved, ${stage.messages.length} sent`) })).toEqual({
      commands: 1,
      later: 0,
      requests: 2,
      left: 'removed',
    });
    expect(order).toEqual(['saved, 1 sent']);
    expect(stage.messages.map(({ header }) => [header.sessionId, header.msgId])).toEqual([
      ['1', '1'],
      ['2', '1'],
    ]);
    expect(outline(stage.messages[1] ?? Object.create(null))).toEqual([
      'Alert 1201',
      'Alert 1224',
      'Alert 1226',
      'Replace',
    ]);
    expect(stage.runs).toHaveLength(1);
    expect(stage.commands).toEqual([{ kind: 'retire' }]);
  });

  it('ends management though the last word is not heard', async () => {
    const stage = openStage();
    stage.effects.push({ kind: 'unenroll' });
    stage.script.push(exec('DMClient/Unenroll'), () => Promise.reject(agentError('TRANSPORT_LOST', 'no answer')));
    expect(await stage.checkIn()).toMatchObject({ left: 'removed' });
    expect(stage.messages).toHaveLength(2);
    expect(stage.happenings.at(-1)).toMatchObject({ type: 'trouble', about: 'the last session' });
  });

  it('is gone through with after the process ended in between', async () => {
    const stage = openStage({ data: { leaving: 'unenroll' } });
    expect(await stage.checkIn({ reason: 'scheduled' })).toMatchObject({ left: 'removed', commands: 0, requests: 1 });
    expect(outline(stage.messages[0] ?? Object.create(null))).toContain('Alert 1226');
  });
});

describe('a wipe', () => {
  it('comes after the session, which is completed; the device has another DeviceID then and the same HWDevID', async () => {
    const stage = openStage();
    stage.effects.push({ kind: 'wipe', how: 'doWipe' });
    stage.script.push(exec('RemoteWipe/doWipe'), serverSays(headerStatus(200, 2), { msgId: '2' }));
    const hardware = stage.view.state.facts.native['HWDevID'];
    expect(await stage.checkIn()).toEqual({ commands: 1, later: 0, requests: 2, left: 'wiped' });
    expect(stage.messages.map(outline)[1]).toEqual(['Status 200', 'Status 200']);
    expect(stage.commands.map(({ kind }) => kind)).toEqual(['native', 'wipe']);
    const { facts } = stage.view.state;
    expect(facts.native['HWDevID']).toBe(hardware);
    expect(facts.native['Installation']).toBe(1);
    expect(deviceIdOf(facts)).not.toBe(someFacts.id);
  });

  it('comes though the rest of the session is lost, and with the next check-in where the device was stopped', async () => {
    const stage = openStage();
    stage.effects.push({ kind: 'wipe', how: 'doWipe' });
    stage.script.push(exec('RemoteWipe/doWipe'), () => Promise.reject(agentError('TRANSPORT_LOST', 'no answer')));
    expect(await stage.checkIn()).toMatchObject({ left: 'wiped' });
    const stopped = openStage();
    const controller = new AbortController();
    stopped.effects.push({ kind: 'wipe', how: 'doWipe' });
    stopped.script.push(exec('RemoteWipe/doWipe'), () => {
      controller.abort(new Error('stopped'));
      return Promise.reject(agentError('TRANSPORT_LOST', 'stopped'));
    });
    await expect(stopped.checkIn({ signal: controller.signal })).rejects.toThrow();
    expect(await stopped.checkIn()).toMatchObject({ left: 'wiped', requests: 0 });
    expect(stopped.messages).toHaveLength(2);
  });

  it('that the device was kept from changes nothing', async () => {
    const stage = openStage({
      decide: ({ kind }) => (kind === 'wipe' ? { status: 'failed', reason: 'not now' } : undefined),
    });
    stage.effects.push({ kind: 'wipe', how: 'doWipe' });
    stage.script.push(exec('RemoteWipe/doWipe'));
    const { facts } = stage.view.state;
    expect(await stage.checkIn()).not.toHaveProperty('left');
    expect(stage.view.state.facts).toEqual(facts);
    expect(stage.memory.data).not.toHaveProperty('leaving');
  });
});

describe('a restart (case D1)', () => {
  it('comes after the session; the next one is number 0 and nobody has signed in', async () => {
    const stage = openStage({ data: { sessions: { next: 7, vector: 'x', count: 3 } } });
    stage.effects.push({ kind: 'reboot' });
    stage.script.push(exec('Reboot/RebootNow'));
    await stage.checkIn();
    expect(stage.commands.map(({ kind }) => kind)).toEqual(['restart', 'native']);
    await stage.checkIn({ reason: 'scheduled' });
    await stage.checkIn({ reason: 'scheduled' });
    expect(stage.messages.map(({ header }) => header.sessionId)).toEqual(['7', '7', '0', '1']);
    expect(stage.sent(2)).toContain('<SessionID>0</SessionID>');
    expect(stage.sent(2)).toContain('<Data>none</Data>');
    expect(stage.http.requests[2]?.url).toContain('mode=Machine');
  });

  it('is the same when its time has come without a session', async () => {
    const rebootAt = enrolledAt + 60_000;
    const stage = openStage({ data: { rebootAt } });
    expect(stage.link.nextLocalAct(enrolledAt)).toBe(rebootAt);
    expect(await stage.link.actLocally({ now: rebootAt, apply: stage.apply })).toEqual({});
    expect(stage.view.state.condition.signedIn).toBe('none');
    expect(stage.memory.data).toMatchObject({ sessions: { next: 0 } });
    expect(stage.memory.data).not.toHaveProperty('rebootAt');
    const signInAt = rebootAt + 5 * 60_000;
    expect(stage.link.nextLocalAct(rebootAt)).toBe(signInAt);
    await stage.link.actLocally({ now: signInAt, apply: stage.apply });
    expect(stage.view.state.condition.signedIn).toBe('user');
    expect(stage.link.nextLocalAct(signInAt)).toBeUndefined();
  });

  it('that was slept through is one, with the sign-in after it', async () => {
    const rebootAt = enrolledAt + 60_000;
    const stage = openStage({ data: { rebootAt } });
    await stage.link.actLocally({ now: rebootAt + 86_400_000, apply: stage.apply });
    expect(stage.view.state.condition.signedIn).toBe('user');
    expect(stage.memory.data.signIn).toEqual({ at: rebootAt + 300_000, isDone: true });
  });
});

describe('restarts by the schedule of the Reboot CSP', () => {
  const uri = './Device/Vendor/MSFT/Reboot/Schedule/DailyRecurrent';
  const tree = { [uri.toLowerCase()]: { uri, format: 'chr' as const, value: '2026-11-20T03:00:00Z' } };
  const three = enrolledAt + 3 * 3_600_000;
  const day = 86_400_000;

  it('come each day, once for those that were slept through', async () => {
    const stage = openStage({ data: { tree } });
    expect(stage.link.nextLocalAct(enrolledAt)).toBe(three);
    await stage.link.actLocally({ now: three, apply: stage.apply });
    expect(stage.link.nextLocalAct(three + 3_600_000)).toBe(three + day);
    await stage.link.actLocally({ now: three + 4 * day + 1, apply: stage.apply });
    expect(stage.commands.filter(({ kind }) => kind === 'restart')).toHaveLength(2);
    expect(stage.link.nextLocalAct(three + 4 * day + 1)).toBe(three + 5 * day);
  });

  it('count from when the schedule was written', async () => {
    const written = three + 4 * day + 3_600_000;
    const stage = openStage({ data: { tree, restartsFrom: written } });
    await stage.link.actLocally({ now: written + 1000, apply: stage.apply });
    expect(stage.commands).toEqual([]);
    expect(stage.link.nextLocalAct(written)).toBe(three + 5 * day);
  });
});

describe('lost contact', () => {
  const uri = './Device/Vendor/MSFT/DMClient/Provider/Rollcall/NumberOfDaysAfterLostContactToUnenroll';
  const tree = { [uri.toLowerCase()]: { uri, format: 'int' as const, value: '2' } };

  it('ends management without a word', async () => {
    const stage = openStage({ data: { tree } });
    const at = enrolledAt + 2 * 86_400_000;
    expect(stage.link.nextLocalAct(enrolledAt)).toBe(at);
    expect(await stage.link.actLocally({ now: at - 1, apply: stage.apply })).toEqual({});
    expect(await stage.link.actLocally({ now: at, apply: stage.apply })).toEqual({ left: 'removed', isSilent: true });
    expect(stage.messages).toEqual([]);
  });

  it('counts from the last answer of the server, whatever it was in SyncML', async () => {
    const stage = openStage({ data: { tree } });
    await stage.clock.advance(86_400_000);
    await stage.checkIn();
    expect(stage.link.nextLocalAct(enrolledAt)).toBe(stage.clock.now() + 2 * 86_400_000);
    await stage.clock.advance(86_400_000);
    stage.script.push({ status: 500 });
    await stage.checkIn().catch(() => {});
    expect(stage.memory.data.contactAt).toBe(enrolledAt + 1000 + 86_400_000);
  });
});

describe('what there is to report', () => {
  it('is said in a session of its own, in the same check-in, and then not again', async () => {
    const stage = openStage();
    stage.effects.push({ kind: 'alert', alert: report });
    stage.script.push(exec('X'));
    expect(await stage.checkIn()).toEqual({ commands: 1, later: 0, requests: 3 });
    expect(stage.messages.map(({ header }) => header.sessionId)).toEqual(['1', '1', '2']);
    expect(stage.sent(2)).toContain('SCEPcertinstall.result');
    await stage.checkIn();
    expect(stage.sent(3)).not.toContain('SCEPcertinstall.result');
  });

  it('is said with the work that a command set going, once that is done', async () => {
    const stage = openStage({ work: async () => ({ effects: [{ kind: 'alert', alert: report }] }) });
    stage.effects.push({ kind: 'work', work: work() });
    stage.script.push(exec('X'));
    const saved: string[] = [];
    await stage.checkIn({
      save: async () =>
        void saved.push(
          `${stage.memory.data.works?.length ?? 0} works, ${stage.memory.data.alerts?.length ?? 0} alerts`,
        ),
    });
    expect(saved).toEqual(['1 works, 0 alerts', '0 works, 1 alerts']);
    expect(stage.works).toHaveLength(1);
    expect(stage.messages).toHaveLength(3);
  });

  it('waits for the next check-in after four sessions', async () => {
    const stage = openStage();
    for (let n = 0; n < 20; n++) {
      stage.script.push(({ header }) => {
        stage.effects.push({ kind: 'alert', alert: { ...report, data: String(n) } });
        return serverSays(command('Exec', '2', './A'), { sessionId: header.sessionId });
      }, '');
    }
    expect(await stage.checkIn()).toMatchObject({ requests: 8, commands: 4 });
    expect(stage.memory.data.alerts).toHaveLength(1);
  });

  it('stays to be said when the session broke', async () => {
    const stage = openStage({ data: { alerts: [report] } });
    stage.script.push({ status: 503 });
    await stage.checkIn().catch(() => {});
    expect(stage.memory.data.alerts).toEqual([report]);
    await stage.checkIn();
    expect(stage.memory.data).not.toHaveProperty('alerts');
  });

  it('needs no session where work that was due has nothing to say', async () => {
    const stage = openStage({ data: { works: [work({ at: enrolledAt })] } });
    expect(await stage.checkIn({ reason: 'report-due' })).toEqual({ commands: 0, later: 0, requests: 0 });
    expect(stage.works).toHaveLength(1);
    expect(stage.messages).toEqual([]);
  });
});

describe('work that is to be done later', () => {
  it('is left until its moment', async () => {
    const stage = openStage({ data: { works: [work({ at: enrolledAt + 5000 })] } });
    await stage.checkIn();
    expect(stage.works).toEqual([]);
    expect(stage.link.nextCheckIn(enrolledAt)).toEqual({ at: enrolledAt + 5000, reason: 'report-due' });
    await stage.clock.advance(5000);
    await stage.checkIn({ reason: 'report-due' });
    expect(stage.works).toHaveLength(1);
    expect(stage.memory.data).not.toHaveProperty('works');
  });

  it('is tried again after a pause when it fails, five times in all, and each time that is told', async () => {
    const stage = openStage({
      data: { works: [work()] },
      work: () => Promise.reject(agentError('SCEP_FAILED', 'no answer')),
    });
    for (let n = 0; n < 8; n++) {
      await stage.checkIn();
      await stage.clock.advance(3_600_000);
    }
    expect(stage.works.map(({ tries }) => tries)).toEqual([0, 1, 2, 3, 4]);
    expect(stage.happenings.map((each) => (each.type === 'trouble' ? each.code : each.type))).toEqual(
      Array(5).fill('SCEP_FAILED'),
    );
    expect(stage.memory.data).not.toHaveProperty('works');
  });

  it('is not lost when the device is stopped in the middle', async () => {
    const controller = new AbortController();
    const stage = openStage({
      data: { works: [work()] },
      work: async () => {
        controller.abort(new Error('stopped'));
        throw new Error('stopped');
      },
    });
    await expect(stage.checkIn({ signal: controller.signal })).rejects.toThrow('stopped');
    expect(stage.memory.data.works).toEqual([work()]);
  });

  it('is one of a name: the newer takes the place of the older', async () => {
    const stage = openStage();
    stage.effects.push(
      { kind: 'work', work: work({ at: enrolledAt + 1e6 }) },
      { kind: 'work', work: work({ name: 'b', at: enrolledAt + 1e6 }) },
      { kind: 'work', work: work({ at: enrolledAt + 2e6 }) },
    );
    stage.script.push(exec('X'));
    await stage.checkIn();
    expect(stage.memory.data.works?.map(({ name, at }) => [name, at])).toEqual([
      ['b', enrolledAt + 1e6],
      ['a', enrolledAt + 2e6],
    ]);
  });
});

it('a renewal that cannot be noted, for the disk is full, is not tried without a pause', async () => {
  const { publicKey, privateKey } = rsaKey();
  const certificate = issueCertificate({
    subject: [[['CN', 'device']]],
    issuer: 'self',
    publicKey,
    key: privateKey,
    serial: Buffer.of(1),
    notBefore: new Date(enrolledAt),
    notAfter: new Date(enrolledAt + 365 * 86_400_000),
  });
  const stage = openStage({
    data: { identity: { certificate, key: { pool: 'x' } }, renewal: { status: 0, errorCode: 0, now: true } },
  });
  expect(stage.link.nextCheckIn(stage.clock.now())).toMatchObject({ reason: 'renewal-due' });
  const save = () => Promise.reject(agentError('STATE_UNSAVED', 'the disk is full'));
  for (let tries = 0; tries < 3; tries++) {
    await expect(stage.checkIn({ reason: 'renewal-due', save })).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    const { at = 0 } = stage.link.nextCheckIn(stage.clock.now()) ?? {};
    expect(at - stage.clock.now()).toBe(60_000);
    await stage.clock.advance(60_000);
  }
  expect(stage.http.requests).toEqual([]);
});

describe('a link', () => {
  it('gives the same saved value for as long as nothing changed', async () => {
    const stage = openStage();
    const before = stage.link.saved;
    expect(stage.link.saved).toBe(before);
    await stage.checkIn();
    expect(stage.link.saved).not.toBe(before);
  });

  it('is known by its DeviceID', () => {
    expect(openStage().link.deviceId).toBe(someFacts.id);
  });

  it('finds the certificate that a profile brought, by its UniqueID or its thumbprint', () => {
    const der = new Uint8Array([1]);
    const root = new Uint8Array([2]);
    const node = './Device/Vendor/MSFT/ClientCertificateInstall/SCEP/Corp%20ID';
    const stage = openStage({
      data: {
        certificates: {
          ABCD: { der, store: 'My', scope: 'device', node },
          EF01: { der: root, store: 'Root', scope: 'device' },
        },
      },
    });
    expect(stage.link.certificateOf('Corp ID')).toBe(der);
    expect(stage.link.certificateOf('ef01')).toBe(root);
    expect(stage.link.certificateOf('SCEP')).toBeUndefined();
  });

  it('leaves with one session, and throws what it failed by', async () => {
    const stage = openStage();
    stage.script.push({ status: 503 });
    await expect(stage.link.leave(stage.request.signal)).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(stage.messages).toHaveLength(1);
    await stage.link.forget();
    await stage.link.forget();
  });
});

describe('a certificate that was renewed', () => {
  const before = { certificate: new Uint8Array([0x30, 1]), key: { pkcs8: 'before' } };
  const renewal = { status: 2, errorCode: 0, before };

  it('takes the place of the one before with the first answer of the server', async () => {
    const stage = openStage({ data: { renewal } });
    const { identity } = stage.memory.data;
    await stage.checkIn();
    expect(stage.memory.data).toMatchObject({ identity, renewal: { status: 2 } });
    expect(stage.memory.data.renewal).not.toHaveProperty('before');
  });

  it('gives way to it again where the server refuses the new one', async () => {
    const stage = openStage({ data: { renewal } });
    stage.script.push({ status: 403 });
    await stage.checkIn().catch(() => {});
    await stage.checkIn();
    expect(stage.http.requests.map(({ identity }) => identity?.certificates[0])).toEqual([
      new Uint8Array([0x30, 0]),
      before.certificate,
    ]);
  });
});
