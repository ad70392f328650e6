// What a device answers its MDM server when the SCEP server of a profile is one that no iPhone takes.
import { beforeAll, expect, it } from 'vitest';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import { caCertType, caRaCertType } from '../../../../protocol/scep/ca-certificates.js';
import { describeWith } from '../../../support/programs.js';
import { bundleOf, issue, type OpensslParty } from '../../scep/pki.js';
import { ScepServer } from '../../scep/server.js';
import {
  command,
  data,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  profile,
  scepPayload,
} from './harness.js';

describeWith('openssl')('a profile whose SCEP server', () => {
  let identity: OpensslIdentity;
  let ca: OpensslParty;
  let other: OpensslParty;
  beforeAll(() => {
    identity = opensslIdentity('device');
    ca = issue('CA', { isCa: true });
    other = issue('Other', { isCa: true });
  });

  async function install(fault: (server: ScepServer) => void, lenient: readonly 'scep'[] = []) {
    const stage = openStage({ lenient });
    const scep = new ScepServer(
      { certificate: ca.certificate, keyPem: ca.key.export({ type: 'pkcs8', format: 'pem' }).toString() },
      () => new Date(stage.clock.now()),
    );
    fault(scep);
    stage.server.override = (request) => (new URL(request.url).pathname === '/scep' ? scep.answer(request) : undefined);
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.queue.push(command('InstallProfile', `<key>Payload</key>${data(profile('s', [scepPayload(30)]))}`));
    await link.checkIn(stage.session);
    const answer = stage.server.last;
    return { stage, answer, chain: (answer['ErrorChain'] ?? []) as readonly PlistDict[] };
  }

  it('is refused is told with what to do about it, which no error chain has', async () => {
    const { stage } = await install((server) => {
      server.capabilities = undefined;
    });
    expect(stage.happenings.filter(({ type }) => type === 'trouble')).toMatchObject([
      {
        code: 'SCEP_FAILED',
        hint: expect.stringMatching(/^Answer GetCACaps with 200/),
        about: 'SCEP of test.payload.30',
      },
    ]);
    const refused = await install((server) => {
      server.failInfo = 'badRequest'; // the server's own no: its log says more than we could
    });
    expect(refused.stage.happenings.filter(({ type }) => type === 'trouble')).toEqual([]);
  });

  const faults: readonly (readonly [string, number, RegExp, (server: ScepServer) => void])[] = [
    ['names no digest', 22006, /names none of SHA-1, SHA-256 and SHA-512/, (server) => (server.capabilities = 'AES\n')],
    [
      'answers GetCACert as another type',
      22004,
      /content type/,
      (server) => (server.caAnswer = { body: ca.certificate, contentType: 'application/pkix-cert' }),
    ],
    [
      'sends no certificate',
      22002,
      /./,
      (server) => (server.caAnswer = { body: Buffer.from('x'), contentType: caCertType }),
    ],
    [
      'sends a bundle without an RA',
      22003,
      /digitalSignature and keyEncipherment/,
      (server) => (server.caAnswer = { body: bundleOf(ca, other), contentType: caRaCertType }),
    ],
    [
      'has its answers signed by another',
      22013,
      /not signed by/,
      (server) => (server.signs = { certificate: other.certificate, key: other.key }),
    ],
    [
      'sends its CA before what it issued',
      22008,
      /first certificate/,
      (server) => {
        server.bend = (rep) =>
          rep.pkiStatus === 'success' ? { ...rep, certificates: [ca.certificate, ...rep.certificates] } : rep;
      },
    ],
    [
      'issues nothing',
      22007,
      /no certificate/,
      (server) => {
        server.bend = (rep) => (rep.pkiStatus === 'success' ? { ...rep, certificates: [] } : rep);
      },
    ],
    ['refuses', 22013, /badRequest/, (server) => (server.failInfo = 'badRequest')],
  ];

  it.each(faults)('%s is refused with %s, and the chain says why', async (_, code, why, fault) => {
    const { answer, chain } = await install(fault);
    expect(answer['Status']).toBe('Error');
    expect(chain.map((each) => [each['ErrorDomain'], Number(each['ErrorCode'])])).toEqual([
      ['MCInstallationErrorDomain', 4001],
      ['MCInstallationErrorDomain', 4001],
      ['MCProfileErrorDomain', 1009],
      ['MCSCEPErrorDomain', code],
    ]);
    expect(chain.at(-1)?.['LocalizedDescription']).toMatch(why);
  });

  it('names no digest is taken where the user lifts that, and the person at the device is told', async () => {
    const { answer, stage } = await install((server) => (server.capabilities = 'AES\n'), ['scep']);
    expect(answer['Status']).toBe('Acknowledged');
    expect(stage.happenings).toContainEqual(
      expect.objectContaining({ type: 'lifted', lenient: 'scep', code: 'SCEP_FAILED' }),
    );
  });

  it('is one that no iPhone takes makes an enrollment fail with what to do at the server', async () => {
    const stage = openStage();
    const scep = new ScepServer(
      { certificate: ca.certificate, keyPem: ca.key.export({ type: 'pkcs8', format: 'pem' }).toString() },
      () => new Date(stage.clock.now()),
    );
    scep.capabilities = '';
    stage.server.override = (request) => (new URL(request.url).pathname === '/scep' ? scep.answer(request) : undefined);
    const document = enrollmentProfile(identity, {}, [scepPayload(30)]);
    await expect(stage.enroll(document)).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      hint: expect.stringContaining('SHA-256'),
      cause: { code: 'PROFILE_REFUSED', cause: { code: 'SCEP_FAILED' } },
    });
  });
});
