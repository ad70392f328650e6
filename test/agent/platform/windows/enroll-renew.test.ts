// ROBO renewal: when it is due, what is sent, and what stays when it fails (specs/windows.md §1.7, cases D2).
import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import type { WindowsMemory } from '../../../../agent/platform/windows/memory.js';
import {
  forgetOldIdentity,
  nextRenewal,
  type RenewalContext,
  renew,
  returnToOldIdentity,
} from '../../../../agent/platform/windows/renew.js';
import { readWindowsData } from '../../../../agent/platform/windows/saved.js';
import { valueTypes } from '../../../../protocol/mde2/credentials.js';
import { readRenewal } from '../../../../protocol/mde2/csr.js';
import { decodeRequestToken } from '../../../../protocol/mde2/request-token.js';
import { writeFault } from '../../../../protocol/soap/fault.js';
import { readCertificate } from '../../../../protocol/x509/certificate.js';
import { describeWith, openssl } from '../../../support/programs.js';
import { addresses, EnrollmentServer, room, type ServerOptions, type Stage, stage, start } from './enroll-stage.js';

const dayMs = 86_400_000;
const entDmId = { path: ['Provider', 'TestMDM', 'EntDMID'], value: 'dm-1' };

interface Enrolled {
  readonly at: Stage;
  readonly server: EnrollmentServer;
  readonly memory: WindowsMemory;
  /** Memories as they were saved. */
  readonly saves: unknown[];
  readonly context: RenewalContext;
}

/** A device that has enrolled and had its first session. */
async function enrolled(options: ServerOptions = {}): Promise<Enrolled> {
  const server = new EnrollmentServer({
    ...options,
    document: {
      renew: { robo: true, periodDays: 42, retryDays: 7 },
      dmClient: [entDmId],
      ...options.document,
    },
  });
  const at = stage(server);
  const memory = await at.enroll();
  memory.change({ sessions: { ...memory.data.sessions, next: 2, count: 1 } });
  const saves: unknown[] = [];
  const save = async () => void saves.push(memory.data);
  const signal = new AbortController().signal;
  return {
    at,
    server,
    memory,
    saves,
    context: { device: at.view, ports: at.ports, memory, server: at.trust, signal, save },
  };
}

const never = Number.NEGATIVE_INFINITY;

describe('the moment of a renewal', () => {
  it('is RenewPeriod days before the end of the certificate', async () => {
    const { memory } = await enrolled();
    expect(nextRenewal(memory.data, never)).toBe(start + (365 - 42) * dayMs);
    expect(nextRenewal(memory.data, start + 400 * dayMs)).toBeUndefined(); // TLS would not take the certificate any more
  });

  it('is by the defaults where the document says nothing', async () => {
    const server = new EnrollmentServer();
    const memory = await stage(server).enroll();
    memory.change({ sessions: { ...memory.data.sessions, count: 1 } });
    expect(nextRenewal(memory.data, never)).toBe(start + (365 - 42) * dayMs);
  });

  it('is not before the first session, and never where ROBOSupport is false', async () => {
    const fresh = await enrolled({
      backDated: 180,
      document: { renew: { robo: true, periodDays: 365, retryDays: 4 } },
    });
    fresh.memory.change({ sessions: { ...fresh.memory.data.sessions, count: 0 } });
    expect(nextRenewal(fresh.memory.data, never)).toBeUndefined();
    const off = await enrolled({ backDated: 180, document: { renew: { robo: false, periodDays: 365, retryDays: 4 } } });
    expect(nextRenewal(off.memory.data, never)).toBeUndefined();
  });

  it('is now when RenewNow was executed, whatever else is set', async () => {
    const { memory } = await enrolled({ document: { renew: { robo: false, periodDays: 42, retryDays: 7 } } });
    memory.change({ renewal: { status: 0, errorCode: 0, now: true } });
    expect(nextRenewal(memory.data, start + 5)).toBe(start + 6);
    expect(nextRenewal(memory.data, never)).toBeLessThanOrEqual(start);
  });

  it('is later than what is asked after, and RetryInterval days after an attempt', async () => {
    const { memory } = await enrolled({
      backDated: 180,
      document: { renew: { robo: true, periodDays: 365, retryDays: 4 } },
    });
    expect(nextRenewal(memory.data, never)).toBe(start);
    expect(nextRenewal(memory.data, start + 10)).toBe(start + 11);
    memory.change({ renewal: { status: 3, errorCode: 1, lastAttemptAt: start + 10 } });
    expect(nextRenewal(memory.data, start + 10)).toBe(start + 10 + 4 * dayMs);
    memory.change({ renewal: { status: 2, errorCode: 0, lastAttemptAt: start + 10 } }); // it is in its window again at once
    expect(nextRenewal(memory.data, start + 10)).toBe(start + 10 + 4 * dayMs);
    const late = start + (365 - 180 - 2) * dayMs;
    memory.change({ renewal: { status: 3, errorCode: 1, lastAttemptAt: late } });
    expect(nextRenewal(memory.data, late)).toBeUndefined();
    memory.change({ renewal: { status: 2, errorCode: 0, lastAttemptAt: late } }); // a certificate of two days
    expect(nextRenewal(memory.data, late)).toBe(late + dayMs);
    memory.change({ renewal: { status: 1, errorCode: 0, lastAttemptAt: start + 10 } }); // a process ended in its midst
    expect(nextRenewal(memory.data, start + 20)).toBe(start + 21);
  });
});

describe('a renewal', () => {
  it('asks with the old certificate for a new key, signed by the old one, and with no user', async () => {
    const { at, memory, context } = await enrolled();
    const before = memory.data.identity;
    await renew(context);
    const request = at.http.requests.at(-1);
    expect([request?.method, request?.url]).toEqual(['POST', addresses.enrollment]);
    expect(request?.identity?.certificates).toEqual([before.certificate]);
    const rst = decodeRequestToken(request?.bytes ?? Buffer.alloc(0));
    expect(rst).toMatchObject({ requestType: 'Renew', tokenValueType: valueTypes.pkcs7 });
    expect(rst.credential).toBeUndefined();
    expect(Object.fromEntries(rst.context)).toMatchObject({
      DeviceType: 'CIMClient_Windows',
      DeviceID: memory.data.deviceId,
    });
    const { csr, signer } = readRenewal(rst.token);
    expect(signer).toEqual(Buffer.from(before.certificate));
    expect(csr.publicKey.equals(readCertificate(before.certificate).publicKey)).toBe(false);
    expect(request?.url).toBe(addresses.enrollment);
    expect(at.http.openSessions()).toBe(0);
  });

  it('brings a new identity, keeps the one before, and is saved before it is used', async () => {
    const { at, memory, saves, context } = await enrolled();
    const before = memory.data;
    await at.clock.advance(330 * dayMs);
    await renew(context);
    expect(memory.data.identity).not.toEqual(before.identity);
    expect(memory.data.renewal).toEqual({
      status: 2,
      errorCode: 0,
      lastAttemptAt: start + 330 * dayMs,
      before: before.identity,
    });
    expect(memory.data.account).toEqual(before.account);
    expect(saves.at(-1)).toBe(memory.data);
    expect(readWindowsData(structuredClone(memory.saved.data))).toEqual(structuredClone(memory.data));
    forgetOldIdentity(memory);
    expect(memory.data.renewal).not.toHaveProperty('before');
    expect(returnToOldIdentity(memory)).toBe(false);
  });

  it('can be taken back while nobody has used the new certificate', async () => {
    const { memory, context } = await enrolled();
    const before = memory.data.identity;
    await renew(context);
    expect(returnToOldIdentity(memory)).toBe(true);
    expect(memory.data.identity).toEqual(before);
    expect(memory.data.renewal).toMatchObject({ status: 3, errorCode: 0x80180024 });
  });

  it('goes to the address of its own, where the document names one', async () => {
    const { at, server, context } = await enrolled({
      document: { renew: { robo: true, periodDays: 42, retryDays: 7, serverUrl: 'https://mdm.test/renew' } },
    });
    server.override = (request) => (request.url.endsWith('/renew') ? server.issued(request) : undefined);
    await renew(context);
    expect(at.asked.at(-1)).toBe('POST https://mdm.test/renew');
  });

  it('brings settings for those to come, where the document has them', async () => {
    const { server, memory, context } = await enrolled();
    server.override = (request) =>
      server
        .issued(request)
        .toString()
        .replace(/(base64binary">)([^<]*)(<)/, (_all, head: string, body: string, tail: string) => {
          const renewals =
            '<characteristic type="WSTEP"><characteristic type="Renew"><parm name="RenewPeriod" value="30"/></characteristic></characteristic>';
          const text = Buffer.from(body, 'base64').toString();
          const changed = text.replace('<characteristic type="My">', (my) => my + renewals);
          return `${head}${Buffer.from(changed).toString('base64')}${tail}`;
        });
    await renew({ ...context, room });
    expect(room.edit(memory).value('./Vendor/MSFT/CertificateStore/My/WSTEP/Renew/RenewPeriod')).toBe('30');
    expect(memory.data.renewal).toMatchObject({ status: 2 });
  });

  it('fails without EntDMID, without a word on the wire', async () => {
    const { at, memory, context } = await enrolled({ document: { dmClient: [] } });
    const asked = at.asked.length;
    await expect(renew(context)).rejects.toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x8018000B' } });
    expect(at.asked).toHaveLength(asked);
    expect(memory.data.renewal).toEqual({ status: 3, errorCode: 0x8018000b, lastAttemptAt: start });
  });

  it('that always fails is tried every RetryInterval days, and leaves the device as it is (case D2)', async () => {
    const { at, server, memory, context } = await enrolled({
      backDated: 180,
      document: { renew: { robo: true, periodDays: 365, retryDays: 4 } },
    });
    const before = memory.data;
    server.override = (request) =>
      request.url === addresses.enrollment ? writeFault({ reason: 'no', subcode: 'Authorization' }) : undefined;
    const attempts: number[] = [];
    let after = never;
    for (;;) {
      const due = nextRenewal(memory.data, after);
      if (due === undefined || due > start + 13 * dayMs || attempts.length > 20) break;
      await at.clock.advance(Math.max(0, due - at.clock.now()));
      attempts.push((at.clock.now() - start) / dayMs);
      await expect(renew(context)).rejects.toMatchObject({
        message: expect.stringContaining('answered 200 with a fault: no'),
        hint: expect.stringContaining('The device stays managed'),
        details: { hresult: '0x801900C8' },
      });
      after = at.clock.now();
    }
    expect(attempts).toEqual([0, 4, 8, 12]);
    expect(memory.data.renewal).toEqual({ status: 3, errorCode: 2149122248, lastAttemptAt: start + 12 * dayMs });
    expect(memory.data).toEqual({ ...before, renewal: memory.data.renewal });
  });

  it.each([
    ['a status', { status: 404 }, 0x80190194],
    ['a redirect, which is not followed', { status: 307, headers: { location: 'https://other.test/' } }, 0x80190133],
    ['nothing', {}, 0x801900c8],
  ])('that is answered with %s fails', async (_what, answer, errorCode) => {
    const { at, server, memory, context } = await enrolled();
    const before = memory.data.identity;
    server.override = () => answer;
    await expect(renew(context)).rejects.toMatchObject({ details: { step: 'RequestSecurityToken' } });
    expect(memory.data.renewal).toMatchObject({ status: 3, errorCode });
    expect(memory.data.identity).toEqual(before);
    expect(at.http.openSessions()).toBe(0);
  });

  it('whose certificate is for another key, or whose document for another provider, fails', async () => {
    const { server, memory, context } = await enrolled();
    const before = memory.data;
    const other = await enrolled();
    await renew(other.context);
    const theirs = other.at.http.requests.at(-1);
    server.override = () => (theirs === undefined ? {} : other.server.issued(theirs));
    await renew(context).catch(() => {}); // the keys of the tests go in turn: the first may fit
    server.override = (request) => {
      const reply = server.issued(request).toString();
      return reply.replace(/(base64binary">)([^<]*)(<)/, (_all, head: string, body: string, tail: string) => {
        const text = Buffer.from(body, 'base64').toString().replace('TestMDM', 'Other');
        return `${head}${Buffer.from(text).toString('base64')}${tail}`;
      });
    };
    await expect(renew(context)).rejects.toMatchObject({ code: 'ENROLL_FAILED', details: { hresult: '0x8018001F' } });
    expect(memory.data.certificates).toEqual(before.certificates);
  });

  it('whose answer is lost leaves the old certificate in use, and is tried again', async () => {
    const { server, memory, context } = await enrolled();
    const before = memory.data.identity;
    server.override = (request) => {
      server.issued(request); // the server has issued one by now
      throw agentError('TRANSPORT_LOST', 'the connection broke');
    };
    await expect(renew(context)).rejects.toMatchObject({ code: 'TRANSPORT_LOST', details: { hresult: '0x80180010' } });
    expect(memory.data.identity).toEqual(before);
    server.override = undefined;
    await renew(context);
    expect(memory.data.renewal).toMatchObject({ status: 2, before });
  });

  it('that cannot be saved was none', async () => {
    const { memory, context } = await enrolled();
    const before = memory.data;
    let saves = 0;
    const save = async () => {
      if (++saves === 2) throw agentError('STATE_UNSAVED', 'the disk is full');
    };
    await expect(renew({ ...context, save })).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    expect(memory.data).toEqual(before);
  });

  it('that is stopped was none', async () => {
    const { server, memory, context } = await enrolled();
    const before = memory.data;
    const controller = new AbortController();
    server.override = () => {
      controller.abort(new Error('enough'));
      throw controller.signal.reason;
    };
    await expect(renew({ ...context, signal: controller.signal })).rejects.toThrow('enough');
    expect(memory.data).toEqual(before);
  });
});

describeWith('openssl')('the PKCS#7 of a renewal', () => {
  it('is verified by openssl, and holds the request', async () => {
    const { at, context } = await enrolled();
    await renew(context);
    const { token } = decodeRequestToken(at.http.requests.at(-1)?.bytes ?? Buffer.alloc(0));
    const content = openssl(['cms', '-verify', '-noverify', '-binary', '-inform', 'DER'], token);
    const text = openssl(['req', '-inform', 'DER', '-noout', '-verify', '-text'], content).toString();
    expect(text).toContain('CN');
  });
});
