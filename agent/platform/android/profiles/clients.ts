// Client certificates of the companion app (by convention): fetched by SCEP, or from PKCS#12 files that the document brings.
import { isRollcallError } from '../../../../base/errors.js';
import type { CompanionCertificate, Pkcs12Certificate } from '../../../../protocol/app-config/companion.js';
import type { CertificateProfile } from '../../../../protocol/vocabulary.js';
import { type Pkcs12, readPkcs12 } from '../../../../protocol/x509/pkcs12.js';
import { filePath } from '../apply/paths.js';
import type { Draft, PlannedContent } from './draft.js';

const clientCarrier = (alias: string): string => `companion:certificate:${alias}`;

export function readClients(draft: Draft): void {
  const { certificates = [], refusals = [] } = draft.companion ?? {};
  for (const certificate of certificates) {
    const carrier = clientCarrier(certificate.alias);
    const name = draft.name(carrier, certificate.name);
    draft.aliases.set(certificate.alias, name);
    const { content, of } = contentOf(draft, certificate, name);
    draft.add(carrier, name, of, content);
  }
  for (const { alias, name, reason } of refusals) {
    const carrier = clientCarrier(alias === '' ? name : alias);
    draft.add(carrier, draft.name(carrier, name), [reason], { type: 'refused', reason });
  }
}

function contentOf(
  draft: Draft,
  certificate: CompanionCertificate,
  name: string,
): { readonly content: PlannedContent; readonly of: readonly unknown[] } {
  const { alias } = certificate;
  if (certificate.type === 'scep') {
    const { type: _scep, alias: _alias, ...order } = certificate;
    return { content: { type: 'order', alias, order: { ...order, name } }, of: [certificate] };
  }
  const resolved = filePath(certificate.path);
  const file = 'path' in resolved ? draft.sources.file(resolved.path) : undefined;
  return { content: fromFile(certificate, name, file), of: [certificate, file ?? null] };
}

function fromFile(
  { alias, path, password }: Pkcs12Certificate,
  name: string,
  file: Uint8Array | undefined,
): PlannedContent {
  if (file === undefined) return { type: 'refused', reason: `pkcs12Path: the file ${path.slice(0, 200)} is not there` };
  const opened = openPkcs12(file, password);
  if ('refused' in opened) return { type: 'refused', reason: opened.refused };
  const profile: CertificateProfile = {
    kind: 'certificate',
    name,
    role: 'identity',
    source: { type: 'pkcs12', pkcs12: Buffer.from(file), ...(password === '' ? {} : { password }) },
  };
  return { type: 'identity', alias, profile, identity: opened };
}

/** Opened by the rules that all platforms share here: one identity, its key encrypted under the password. */
export function openPkcs12(file: Uint8Array, password: string): Pkcs12 | { readonly refused: string } {
  try {
    return readPkcs12(file, password);
  } catch (error) {
    if (isRollcallError(error, 'PKCS12_PASSWORD'))
      return { refused: 'the PKCS#12 file does not open with this password' };
    if (!isRollcallError(error)) throw error;
    const { missing } = error.details;
    if (typeof missing === 'string') return { refused: `there is no ${missing} in the PKCS#12 file` };
    return { refused: 'the file is no PKCS#12 file with one key and its certificate' };
  }
}
