// Tokens of the Entra-shaped token service (specs/windows.md §1.2): JWTs by RS256 with the claims that a management server looks at.
// The service is a convention of this stub; the claims have the names of Entra's tokens of version 1.0.
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../../base/clock.js';
import type { Addresses } from '../../addresses.js';
import type { Organization } from '../../core/interfaces.js';
import type { User } from '../../core/types.js';
import { stubError } from '../../errors.js';
import { createTokens, type Tokens } from '../tokens.js';
import { SigningKeys } from './signing-keys.js';

interface EntraSetup {
  readonly tenant: Organization;
  readonly addresses: Addresses;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly newKey: () => Promise<KeyObject>;
  /** See `WindowsOptions.entraKey`. */
  readonly key?: KeyObject | undefined;
}

/** What a client asks for a token as. */
interface TokenRequest {
  readonly user: User;
  readonly clientId: string;
  /** The device's identifier in the directory, where it said one. */
  readonly deviceId?: string;
  /** What the id_token says of the tenant's management: claims of these names are Entra's. */
  readonly management: { readonly mdm_enrollment_url: string; readonly mdm_terms_of_use_url?: string };
}

/** What a token that was taken says. */
interface EntraClaims {
  readonly upn: string;
  readonly deviceId?: string;
  readonly issuedAt: number;
}

/** As Entra's live, about. */
const tokenSeconds = 3600;
/** How far the clocks of who signs and who verifies may lie apart. */
const toleranceSeconds = 60;

/** The delegation without which a token is not for a management server. */
export const managementScope = 'mdm_delegation';

/** Issues tokens for the tenant's people and judges those that come back. */
export class Entra {
  readonly keys: SigningKeys;
  /** Of people who are reading the terms of use. */
  readonly readers: Tokens;
  /** What the terms of use gave for a consent: it comes back with the enrollment. */
  readonly consents: Tokens;
  readonly #setup: EntraSetup;

  constructor(setup: EntraSetup) {
    const { clock, random, newKey, key: given } = setup;
    this.#setup = setup;
    this.keys = new SigningKeys({ clock, newKey, given, tokenMs: tokenSeconds * 1000 });
    this.readers = createTokens({ clock, random });
    this.consents = createTokens({ clock, random });
  }

  /** The tenant's address, under which all of the service lies. */
  at(origin: string): string {
    return `${origin}/entra/${this.#setup.tenant.id}`;
  }

  /** Who issues: the same, whatever name the stub was reached by. */
  get issuer(): string {
    return this.at(this.#setup.addresses.origin);
  }

  /** For whom: the management server's own address, as the identifier of its application. */
  get audience(): string {
    return this.#setup.addresses.origin;
  }

  async issue(request: TokenRequest) {
    const { user, clientId, deviceId, management } = request;
    const { SignJWT } = await import('jose');
    const { kid, privateKey } = await this.keys.current();
    const seconds = Math.floor(this.#setup.clock.now() / 1000);
    const person = {
      oid: user.id,
      upn: user.upn,
      unique_name: user.upn,
      name: user.displayName,
      tid: this.#setup.tenant.id,
      ver: '1.0',
      ...(deviceId !== undefined && { deviceid: deviceId }),
    };
    const sign = (claims: Readonly<Record<string, string>>, audience: string) =>
      new SignJWT({ ...person, ...claims })
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
        .setIssuer(this.issuer)
        .setAudience(audience)
        .setSubject(user.id)
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(seconds + tokenSeconds)
        .sign(privateKey);
    return {
      accessToken: await sign({ appid: clientId, scp: managementScope }, this.audience),
      idToken: await sign(management, clientId),
      expiresIn: tokenSeconds,
    };
  }

  /**
   * What a token says that this service signed, for this tenant and for management, in its time. Throws UNAUTHORIZED, saying what
   * is wrong and nothing of the token.
   */
  async verify(token: string): Promise<EntraClaims> {
    const { tenant, clock } = this.#setup;
    const { upn, tid, scp, deviceid, iat = 0 } = await this.#claims(token, new Date(clock.now()));
    if (tid !== tenant.id) throw refusal('tid is another tenant');
    if (typeof scp !== 'string' || !scp.split(' ').includes(managementScope))
      throw refusal(`scp does not hold ${managementScope}`);
    if (typeof upn !== 'string' || upn === '') throw refusal('upn is missing');
    return { upn, issuedAt: iat * 1000, ...(typeof deviceid === 'string' && { deviceId: deviceid }) };
  }

  async #claims(token: string, currentDate: Date) {
    const { errors, jwtVerify } = await import('jose');
    try {
      const { payload } = await jwtVerify(
        token,
        // By kid alone: without one, or with one that nobody knows, no key is tried.
        async ({ kid }) => {
          const key = kid === undefined ? undefined : await this.keys.find(kid);
          if (key === undefined) throw new errors.JWKSNoMatchingKey('no key of that kid');
          return key.publicKey;
        },
        {
          algorithms: ['RS256'],
          issuer: this.issuer,
          audience: this.audience,
          requiredClaims: ['exp', 'nbf', 'iat', 'tid', 'scp', 'upn'],
          clockTolerance: toleranceSeconds,
          currentDate,
        },
      );
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw refusal(error.message);
      throw error;
    }
  }
}

const refusal = (why: string) => stubError('UNAUTHORIZED', `the token of Entra is not taken: ${why.slice(0, 200)}`);
