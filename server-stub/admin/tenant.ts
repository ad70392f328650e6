// The tenant as one file: export and import.

import type { WholeTenant } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import { withSecretsOf } from '../tenant-file/hidden.js';
import { readTenantFile } from '../tenant-file/read.js';
import { largestText } from '../tenant-file/text.js';
import { hiddenSecret, plainTenant, type Showing, writeTenantFile } from '../tenant-file/write.js';
import { type AdminPorts, type AdminRoute, ok } from './graph.js';
import { plainProfile, shownProfile } from './shown.js';

const path = '/stub/v1/tenant';

const withSecrets: Showing = { profile: plainProfile, password: (password) => password };
const withoutSecrets: Showing = {
  profile: (profile) => shownProfile(profile, 'administrator'),
  password: () => hiddenSecret,
};

/**
 * `GET`: the tenant as YAML, which `rollcall server --tenant` starts from; secrets only with `?secrets=1`. `PUT` makes the tenant what the
 * file says: 400 with all mistakes, 409 with all that cannot be changed, and nothing is changed then; else 200 with the keys that
 * changed. Where a secret was left out at the export, the tenant's own stays.
 */
export function tenantRoutes({ tenant, traits }: AdminPorts<WholeTenant>): AdminRoute[] {
  return [
    {
      method: 'GET',
      path,
      who: ['administrator'],
      handle(request) {
        const showing = wantsSecrets(request.query) ? withSecrets : withoutSecrets;
        return {
          status: 200,
          headers: { 'content-type': 'application/yaml', 'cache-control': 'no-store' },
          body: writeTenantFile(tenant.config(), showing),
        };
      },
    },
    {
      method: 'PUT',
      path,
      activity: 'replaceTenant',
      maxBytes: largestText,
      handle(request, by) {
        const config = readTenantFile(textOf(request.body), {
          file: 'tenant',
          ...(traits !== undefined && { traits }),
          prepare: (raw) => withSecretsOf(raw, plainTenant(tenant.config(), withSecrets)),
        });
        return ok({ changed: tenant.replace(config, by) });
      },
    },
  ];
}

function wantsSecrets(query: URLSearchParams): boolean {
  const given = query.get('secrets') ?? '0';
  if (given === '0' || given === '1') return given === '1';
  throw stubError('REQUEST_INVALID', 'secrets is 0 or 1');
}

function textOf(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (text.trim() !== '') return text;
  } catch {
    throw stubError('REQUEST_INVALID', 'The body is no text in UTF-8');
  }
  throw stubError('REQUEST_INVALID', 'The body is empty: it must be a tenant file');
}
