import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { contextItems } from '../../protocol/mde2/context-items.js';
import { buildWindowsCsr, readRenewal, readWindowsCsr, wrapRenewal } from '../../protocol/mde2/csr.js';
import {
  decodeDiscover,
  decodeDiscoverResponse,
  encodeDiscover,
  encodeDiscoverResponse,
} from '../../protocol/mde2/discover.js';
import { hresultOfFault, hresultText } from '../../protocol/mde2/hresult.js';
import {
  decodeGetPolicies,
  decodePoliciesResponse,
  encodeGetPolicies,
  encodePoliciesResponse,
} from '../../protocol/mde2/policies.js';
import { readProvisioning, writeProvisioning } from '../../protocol/mde2/provisioning.js';
import {
  decodeRequestToken,
  decodeTokenResponse,
  encodeRequestToken,
  encodeTokenResponse,
} from '../../protocol/mde2/request-token.js';
import { verifySignedSecurity } from '../../protocol/mde2/signed-security.js';
import { readEnvelope } from '../../protocol/soap/envelope.js';
import { writeFault } from '../../protocol/soap/fault.js';
import { authority, issuedBy, noon, rsaKey } from '../protocol/x509/identities.js';
import { fixture, hasFixtures } from '../support/shared.js';
import { keepsLittle, percent, seed } from './law.js';
import { damaged } from './mutations.js';

const ca = authority(rsaKey(1024));
const device = issuedBy(ca, 'device', rsaKey(1024));
const key = { deviceId: '1'.repeat(32), guid: '2'.repeat(36), ...device, digest: 'sha1' } as const;
const csrs = (['win10', 'win11', 'strict'] as const).map((form) => buildWindowsCsr(form, key));
const to = 'https://x.example/a';
const credential = { kind: 'username', username: 'u', password: 'p' } as const;
const document = writeProvisioning({
  certificates: [
    { path: ['Root', 'System'], der: ca.certificate },
    { path: ['My', 'User'], der: device.certificate, container: {} },
  ],
  renew: { robo: true, periodDays: 42, retryDays: 7 },
  application: {
    providerId: 'P',
    address: to,
    client: { type: 'DIGEST', secret: 's', nonce: 'nonce' },
    appSrv: { type: 'BASIC', name: 'n', secret: 's' },
  },
  dmClient: [{ path: ['Provider', 'P', 'Poll', 'NumberOfFirstRetries'], value: '8', datatype: 'integer' }],
});
const captured = (...names: readonly string[]): readonly Buffer[] =>
  hasFixtures() ? names.map((name) => fixture(`windows/${name}`)) : [];

/** `share`: in a hundredth of the codec's inputs. */
function survives<T>(share: number, inputs: fc.Arbitrary<T>, ...readers: readonly ((input: T) => unknown)[]): void {
  const property = fc.property(inputs, (input) => {
    for (const read of readers) {
      try {
        read(input);
      } catch (error) {
        if (!isRollcallError(error)) throw error;
      }
    }
  });
  keepsLittle(() => fc.assert(property, { numRuns: percent(share), seed }));
}

describe('damaged messages of an enrollment bring out nothing but errors of ours, in bounded memory', () => {
  it('envelopes and faults', () => {
    const faults = [
      writeFault({ subcode: 'Authorization', reason: 'x', detail: { errorType: 'DeviceCapReached', message: 'm' } }),
      ...captured('servers/latchz/04-rst.fault.res.xml'),
    ];
    const told = (bytes: Uint8Array, isLiberal: boolean) => {
      const { fault } = readEnvelope(bytes, { isLiberal });
      const code = fault && hresultOfFault(fault);
      if (code !== undefined) expect(hresultText(code)).toMatch(/^0x8018\d{3}[\dA-F] MENROLL_E_\w+$/);
    };
    survives(100, damaged(faults), (bytes) => told(bytes, bytes.length % 2 === 0));
  });

  it('what devices send', () => {
    const context = contextItems({
      ...{ uxInitiated: true, hwDevId: 'H', locale: 'en-US', targetedUserLoggedIn: true, osEdition: 4 },
      ...{
        deviceName: 'D',
        macs: ['M'],
        deviceId: 'I',
        enrollmentType: 'Full',
        osVersion: '1',
        applicationVersion: '1',
      },
      notInOobe: false,
    });
    const policies = { requestVersion: '5.0', applicationVersion: '10.0', authPolicies: ['OnPremise'] };
    const requests = [
      encodeDiscover({ to, emailAddress: 'a@b', ...policies }),
      encodeGetPolicies({ to, credential }),
      encodeRequestToken({
        to,
        credential,
        requestType: 'Issue',
        token: Buffer.from('x'),
        tokenValueType: 't',
        context,
      }),
      encodeGetPolicies({ to, signer: { ...device, now: noon } }),
      ...captured('learn-discover-onprem-request.xml'),
    ];
    const verifySigned = (bytes: Uint8Array) => verifySignedSecurity(readEnvelope(bytes));
    survives(40, damaged(requests), decodeDiscover, decodeGetPolicies, decodeRequestToken, verifySigned);
  });

  it('what servers answer', () => {
    const replies = [
      encodeDiscoverResponse({ authPolicy: 'OnPremise', serviceUrl: to }),
      encodePoliciesResponse(),
      encodeTokenResponse(Buffer.from('x')),
      ...captured('servers/latchz/01-discover.res.xml', 'servers/windows_mdm/03-policy.res.xml'),
    ];
    survives(40, damaged(replies), decodeDiscoverResponse, decodePoliciesResponse, decodeTokenResponse);
  });

  it('provisioning documents, refused by PROVISIONING_REFUSED with an HRESULT alone', () => {
    const read = (bytes: Uint8Array, kind: 'enrollment' | 'renewal'): void => {
      try {
        readProvisioning(bytes, { kind });
      } catch (error) {
        if (!isRollcallError(error, 'PROVISIONING_REFUSED')) throw new Error(`not refused: ${String(error)}`);
        expect(error.details['hresult']).toMatch(/^0x8[\dA-F]{7}$/);
      }
    };
    survives(60, damaged([document]), (bytes) => read(bytes, bytes.length % 4 === 0 ? 'renewal' : 'enrollment'));
  });

  it('requests for certificates and renewals', () => {
    survives(50, damaged([...csrs, ...captured('win10-19043-csr.der')]), readWindowsCsr);
    survives(10, damaged([wrapRenewal(csrs[0] ?? Buffer.alloc(0), device, noon)]), readRenewal);
  });

  it('rightly signed content of any kind in a renewal', () => {
    survives(5, damaged(csrs), (csr) => readRenewal(wrapRenewal(csr, device, noon)));
  });
});
