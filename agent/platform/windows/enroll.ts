// Joining an authority (specs/windows.md §1.0 to §1.6; MS-MDE2): all of it, or nothing stays.
import { negotiate } from '../../../protocol/mde2/context-items.js';
import { valueTypes } from '../../../protocol/mde2/credentials.js';
import { buildWindowsCsr } from '../../../protocol/mde2/csr.js';
import {
  decodePoliciesResponse,
  defaultPolicy,
  type EnrollmentPolicy,
  encodeGetPolicies,
} from '../../../protocol/mde2/policies.js';
import { decodeTokenResponse, encodeRequestToken } from '../../../protocol/mde2/request-token.js';
import type { DeviceKey, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { Apply, DeviceView, Invitation } from '../driver.js';
import { enrollmentHeaders, isAlone } from './autopilot.js';
import { deviceIdOf } from './device-id.js';
import { type Discovered, discover } from './discover.js';
import { type Joined, joinEntra } from './entra.js';
import { type EnrollStep, failed, failureOf, hresult, refused } from './failures.js';
import { installDocument } from './install-document.js';
import { mannersOf } from './manners.js';
import type { WindowsMemory } from './memory.js';
import { enrollmentItems } from './request-facts.js';
import { type Proof, proofOf } from './sign-in.js';
import { readReply, requireAddress, SoapExchange, type SoapWire } from './soap-exchange.js';
import type { OpenTree } from './tree/tree.js';

/** What the enrollment asks of whoever owns the device. */
export interface EnrollmentOwner {
  readonly apply: Apply;
  /** How the device judges servers: by the roots of this enrollment once its document is installed. */
  readonly server: ServerTrust & { follow(memory: WindowsMemory | undefined): void };
  /** The tree of a memory, for what the provisioning document writes into it. */
  readonly edit: (memory: WindowsMemory) => OpenTree;
  /** Called when everything is installed, before `enroll` returns: see `Settle`. */
  readonly settled: (memory: WindowsMemory) => Promise<void>;
}

/**
 * Discovers, signs in, reads the policy, asks for a certificate and installs the document that comes. The first session is the
 * link's. Throws ENROLL_REFUSED for a fault of the authority and ENROLL_FAILED for what does not hold together, each with the
 * HRESULT that Windows ends with (`details.hresult`, `details.hresultName`, `details.step`); AUTHORITY_BUSY for 429 and 5xx; what
 * the transport throws keeps its code. Nothing stays then.
 */
export async function enroll(
  invitation: Invitation,
  device: DeviceView,
  ports: Ports,
  owner: EnrollmentOwner,
  signal: AbortSignal,
): Promise<WindowsMemory> {
  return await new Enrollment(invitation, device, ports, owner, signal).run();
}

class Enrollment {
  readonly #invitation: Invitation;
  readonly #device: DeviceView;
  readonly #ports: Ports;
  readonly #owner: EnrollmentOwner;
  readonly #signal: AbortSignal;
  #step: EnrollStep = 'Discovery';
  #joined: Joined | undefined;

  constructor(invitation: Invitation, device: DeviceView, ports: Ports, owner: EnrollmentOwner, signal: AbortSignal) {
    this.#invitation = invitation;
    this.#device = device;
    this.#ports = ports;
    this.#owner = owner;
    this.#signal = signal;
  }

  async run(): Promise<WindowsMemory> {
    const { server, settled } = this.#owner;
    server.follow(undefined); // until the document is installed a device trusts what it trusts without
    try {
      this.#requireUser();
      const wire = this.#wire();
      const invitation = await this.#join(wire);
      this.#step = 'Discovery';
      const discovered = await discover(invitation, this.#device.state.facts, wire);
      this.#step = 'sign-in';
      const proof = isAlone(invitation) ? undefined : await proofOf(invitation, discovered, wire);
      const exchange = new SoapExchange(wire);
      try {
        const policy = await this.#policy(discovered, proof, exchange);
        const memory = await this.#request(discovered, proof, policy, exchange);
        server.follow(memory);
        await settled(memory);
        return memory;
      } finally {
        exchange.close();
      }
    } catch (error) {
      server.follow(undefined);
      throw this.#signal.aborted ? error : failureOf(error, this.#step, this.#refusedHint);
    }
  }

  /** The invitation as a join leaves it: its token, and the address that the tenant names where none was given. */
  async #join(wire: SoapWire): Promise<Invitation> {
    const { entra } = this.#invitation;
    if (entra === undefined) return this.#invitation;
    this.#step = 'sign-in';
    const requestId = this.#ports.random.uuid().toLowerCase();
    this.#joined = await joinEntra({ ...this.#invitation, entra }, this.#device.state.facts, requestId, wire);
    const { token, enrollmentUrl } = this.#joined;
    const url = this.#invitation.url ?? enrollmentUrl;
    return { ...this.#invitation, ...(url === undefined ? {} : { url }), token };
  }

  /** What proves who it is, in the words of a request that is sent now. */
  #shown(proof: Proof | undefined): Pick<Parameters<typeof encodeGetPolicies>[0], 'credential' | 'signer'> {
    if (proof === undefined) return {};
    if (proof.kind !== 'certificate') return { credential: proof };
    return { signer: { ...proof.signer, now: new Date(this.#ports.clock.now()) } };
  }

  /** Windows enrolls for somebody who is signed in; it says so without asking a server. */
  #requireUser(): void {
    if (this.#device.state.condition.signedIn !== 'none' || this.#invitation.autopilot === 'selfDeploying') return;
    throw failed('Discovery', hresult.noSuchUser, 'nobody is signed in at the device', {
      hint: 'Sign in at the device first: an enrollment is somebody’s.',
    });
  }

  #wire(): SoapWire {
    const { allowHttp = false } = this.#invitation;
    const headers = enrollmentHeaders(this.#invitation);
    return {
      ports: this.#ports,
      device: this.#device,
      server: this.#owner.server,
      allowHttp,
      signal: this.#signal,
      headers,
    };
  }

  async #policy(discovered: Discovered, proof: Proof | undefined, exchange: SoapExchange): Promise<EnrollmentPolicy> {
    this.#step = 'GetPolicies';
    const { policyUrl } = discovered;
    if (policyUrl === undefined) return defaultPolicy;
    const { saysTpm } = mannersOf(this.#device.state.facts);
    const body = encodeGetPolicies({ to: policyUrl, ...this.#shown(proof), ...(saysTpm ? { tpm } : {}) });
    const policy = await this.#readPolicy(policyUrl, body, exchange);
    if (policy.defaulted.length > 0)
      this.#ports.log.info('POLICY_DEFAULTS', { during: 'GetPolicies', fields: policy.defaulted.join('; ') });
    if (!policy.mayEnroll)
      throw refused('GetPolicies', 0x80180003, 'the policy does not permit to enroll (permission/enroll is false)');
    return policy;
  }

  /** A policy that cannot be read is no reason to stop (§1.3): 200 with anything else than a fault gives the defaults. */
  async #readPolicy(url: string, body: Uint8Array, exchange: SoapExchange): Promise<EnrollmentPolicy> {
    const envelope = await exchange.postLeniently('GetPolicies', url, body);
    if (envelope === undefined) return { ...defaultPolicy, defaulted: ['policy: the answer cannot be read'] };
    return readReply('GetPolicies', url, envelope, decodePoliciesResponse);
  }

  async #request(
    discovered: Discovered,
    proof: Proof | undefined,
    policy: EnrollmentPolicy,
    exchange: SoapExchange,
  ): Promise<WindowsMemory> {
    this.#step = 'RequestSecurityToken';
    const { state } = this.#device;
    const { facts } = state;
    const { serviceUrl, enrollmentVersion } = discovered;
    const { user, token, autopilot, allowHttp = false } = this.#invitation;
    const enrollmentData = this.#joined?.enrollmentData;
    requireAddress('RequestSecurityToken', serviceUrl, allowHttp);
    const manners = mannersOf(facts);
    const keyBits = bitsFor(policy.keyLength);
    const digest = policy.digest ?? manners.digest;
    const key = await this.#ports.keys.take(keyBits, this.#signal);
    const requestVersion = manners.saysRequestVersion ? negotiate(enrollmentVersion) : manners.discoverVersion;
    // Somebody is signed in: `Device` is for enrollments that have nobody.
    const enrollmentType = autopilot === 'selfDeploying' ? 'Device' : 'Full';
    const request = encodeRequestToken({
      to: serviceUrl,
      ...this.#shown(proof),
      requestType: 'Issue',
      token: this.#csr(manners.csrForm, key, digest),
      tokenValueType: valueTypes.pkcs10,
      context: enrollmentItems(state, {
        enrollmentType,
        isByPerson: typeof token !== 'string' && autopilot !== 'selfDeploying',
        isByAutopilot: autopilot !== undefined,
        requestVersion,
        ...(enrollmentData === undefined ? {} : { enrollmentData }),
      }),
    });
    const envelope = await exchange.post('RequestSecurityToken', serviceUrl, request, this.#refusedHint);
    const { document } = readReply('RequestSecurityToken', serviceUrl, envelope, decodeTokenResponse);
    this.#step = 'provisioning';
    return installDocument(document, {
      authority: this.#invitation.authority,
      deviceId: deviceIdOf(facts),
      key,
      random: this.#ports.random,
      edit: this.#owner.edit,
      enrollment: {
        type: enrollmentType,
        ...(user === undefined ? {} : { upn: user }),
        serviceUrl,
        requestVersion,
        keyBits,
        digest,
        csrForm: manners.csrForm,
        enrolledAt: this.#ports.clock.now(),
        ...(allowHttp ? { allowHttp } : {}),
      },
    });
  }

  /** What a refusal of the request for a certificate may come of. */
  get #refusedHint(): string | undefined {
    const isOld = this.#step === 'RequestSecurityToken' && mannersOf(this.#device.state.facts).csrForm === 'win10';
    return isOld ? oldRequestHint : undefined;
  }

  #csr(
    form: Parameters<typeof buildWindowsCsr>[0],
    key: DeviceKey,
    digest: EnrollmentPolicy['digest'] & string,
  ): Buffer {
    const { publicKey, privateKey } = key;
    const deviceId = deviceIdOf(this.#device.state.facts);
    return buildWindowsCsr(form, { deviceId, guid: this.#ports.random.uuid(), publicKey, privateKey, digest });
  }
}

/** What parsers that keep to the letter, such as Go's, refuse in a request as Windows 10 sends it (§0.3). */
const oldRequestHint =
  'This build’s certificate request has “!” and NUL in a PrintableString, which Go’s parser and other strict ones refuse; real Windows sends it all the same. Enroll a device with --csr strict, or with a build of Windows 11, to see whether it is that.';

/** What a device without a TPM of its own says of it: Microsoft's software TPM, as virtual machines have it; convention. */
const tpm = { manufacturer: 'MSFT', firmwareVersion: '8217.4131.22.13878' };

const sizes = [2048, 3072, 4096] as const;

/** The smallest key that a device makes which is as long as the policy asks. Throws ENROLL_FAILED 0x80180004. */
function bitsFor(minimum: number): (typeof sizes)[number] {
  const bits = sizes.find((size) => size >= minimum);
  if (bits === undefined)
    throw failed(
      'GetPolicies',
      hresult.certificateRequest,
      `the policy asks for a key of ${minimum} bits; 4096 is the most`,
    );
  return bits;
}
