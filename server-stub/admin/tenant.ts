// The tenant as one file: export and import.

import type { Audits, WholeTenant } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import { largestText } from '../tenant-file/text.js';
import { type AdminPorts, type AdminRoute, ok } from './graph.js';
import { tenantOfText, tenantText } from './tenant-text.js';

const path = '/stub/v1/tenant';

/**
 * `GET`: the tenant as YAML, which `rollcall server --tenant` starts from; secrets only with `?secrets=1`. `PUT` makes the tenant what the
 * file says: 400 with all mistakes, 409 with all that cannot be changed, and nothing is changed then; else 200 with the keys that
 * changed, and with the words of the file that have no effect yet. Where a secret was left out at the export, the tenant's own stays: 409 where the tenant was changed while the file was read.
 */
export function tenantRoutes({ tenant, traits, closing }: AdminPorts<WholeTenant & Audits>): AdminRoute[] {
  return [
    {
      method: 'GET',
      path,
      who: ['administrator'],
      async handle(request) {
        const body = await tenantText(tenant.config(), wantsSecrets(request.query), { closing });
        return { status: 200, headers: { 'content-type': 'application/yaml', 'cache-control': 'no-store' }, body };
      },
    },
    {
      method: 'PUT',
      path,
      activity: 'replaceTenant',
      maxBytes: largestText,
      async handle(request, by) {
        let then: string | undefined;
        const lastChange = () => tenant.auditEntries().at(-1)?.id ?? '';
        const current = () => {
          then = lastChange();
          return tenant.config();
        };
        const { config, notEmulated } = await tenantOfText(textOf(request.body), { traits, current, closing });
        if (then !== undefined && then !== lastChange())
          throw stubError('CONFLICT', 'The tenant was changed while the file was read: its secrets may be others now', {
            hint: 'Send the file again.',
          });
        const changed = tenant.replace(config, by);
        const words = notEmulated.map(({ path, message, ...at }) => ({ target: path, ...at, message }));
        return ok({ changed, ...(words.length > 0 && { notEmulated: words }) });
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
