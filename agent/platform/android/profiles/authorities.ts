// CA certificates from files, as DevicePolicyManager.installCaCert takes them (specs/android.md §1.3 step 10).
import { posix } from 'node:path';
import { isRollcallError } from '../../../../base/errors.js';
import { launcherPackage } from '../../../../protocol/headwind/labels.js';
import { textAt } from '../../../../protocol/managed-config/bundle.js';
import type { CertificateProfile } from '../../../../protocol/vocabulary.js';
import { type Certificate, readableCertificate } from '../../../../protocol/x509/certificate.js';
import { readPem } from '../../../../protocol/x509/pem.js';
import { certificatePaths, sharedStorage } from '../apply/paths.js';
import type { Draft } from './draft.js';

/** The files that the setting names, by the carrier of each: `certificates:<path below shared storage>`. */
export function authorityPaths(setting: string): readonly { readonly carrier: string; readonly path: string }[] {
  return certificatePaths(setting).flatMap((resolved) =>
    'path' in resolved
      ? [{ carrier: `certificates:${resolved.path.slice(sharedStorage.length)}`, path: resolved.path }]
      : [],
  );
}

/** What the launcher reads of its own settings: the text, whatever the type that it would get as a restriction. */
export function certificatesSetting(sources: Draft['sources']): string {
  const held = sources.launcherBundle ?? sources.bundles.get(launcherPackage);
  const read = held && textAt(held, 'certificates');
  const row = sources.configuration.applicationSettings.findLast(
    ({ packageId, name }) => packageId === launcherPackage && name === 'certificates',
  );
  return read ?? row?.value ?? '';
}

export function readAuthorities(draft: Draft): void {
  const { sources } = draft;
  for (const { carrier, path } of authorityPaths(certificatesSetting(sources))) {
    const file = sources.file(path);
    if (file === undefined) continue; // not downloaded: told where files are
    const name = draft.name(carrier, posix.basename(path));
    const read = readAuthorityFile(file);
    if ('refused' in read) {
      draft.add(carrier, name, [file], { type: 'refused', reason: read.refused });
      continue;
    }
    const { certificate, others } = read;
    const about = carrier;
    if (others > 0)
      draft.findings.push({
        code: 'LAUNCHER_DIFFERS',
        message: `Android takes the first certificate of a file: ${others} more of this one are not installed`,
        about,
      });
    if (!certificate.isCa)
      draft.findings.push({
        code: 'HEADWIND_FAILED',
        message: 'this certificate is installed and verifies nothing: it is no authority (basicConstraints)',
        about,
      });
    draft.authorities.push({ name, der: certificate.der });
    draft.add(carrier, name, [file], { type: 'profile', profile: authorityProfile(name, certificate), needs: [] });
  }
}

export const authorityProfile = (name: string, { der, isSelfIssued }: Certificate): CertificateProfile => ({
  kind: 'certificate',
  name,
  role: isSelfIssued ? 'root' : 'intermediate',
  source: { type: 'der', der: Buffer.from(der) },
});

/** The launcher reads the file as a text: DER does not survive that. Android then takes PEM whose first octet is a hyphen. */
export function readAuthorityFile(
  file: Uint8Array,
): { readonly certificate: Certificate; readonly others: number } | { readonly refused: string } {
  if (file[0] === 0x30 && readableCertificate(file) !== undefined)
    return { refused: 'a certificate in DER: the launcher reads the file as a text, and Android cannot parse that' };
  const text = Buffer.from(file).toString('utf8');
  if (!text.startsWith('-----BEGIN '))
    return { refused: 'Android takes a PEM certificate that begins with the first character of the file' };
  try {
    const blocks = readPem(text);
    const [first] = blocks;
    const certificate = first?.label.endsWith('CERTIFICATE') ? readableCertificate(first.der) : undefined;
    return certificate === undefined
      ? { refused: 'the first PEM block of the file is no certificate' }
      : { certificate, others: blocks.length - 1 };
  } catch (error) {
    if (isRollcallError(error)) return { refused: error.message };
    throw error;
  }
}
