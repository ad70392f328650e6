// What a carrier says: by which way a setting of a document came, and of which app.
import { gmailPackage } from '../../../../protocol/app-config/gmail.js';
import { outlookPackage } from '../../../../protocol/app-config/outlook.js';
import { companionPackage } from '../../../../protocol/headwind/companion.js';
import type { ProfileKind } from '../../../../protocol/vocabulary.js';

/** The app whose settings carry it. */
export function packageOf(carrier: string): string | undefined {
  const [kind = '', app = ''] = carrier.split(':');
  if (kind === 'gmail') return gmailPackage;
  if (kind === 'outlook') return outlookPackage;
  if (kind === 'companion') return companionPackage;
  return kind === 'vpn' || kind === 'configuration' ? app : undefined;
}

export const clientPrefix = 'companion:certificate:';
const oncPrefix = 'companion:onc:';

/** Of a carrier that brings a key. */
export function aliasOf(carrier: string): string | undefined {
  if (carrier.startsWith(clientPrefix)) return carrier.slice(clientPrefix.length);
  return carrier.startsWith(oncPrefix) ? `onc:${carrier.slice(oncPrefix.length)}` : undefined;
}

/** What it brings, in the word by which its success is told too. */
export function kindOf(carrier: string): ProfileKind {
  const [kind = '', what = ''] = carrier.split(':');
  switch (kind) {
    case 'gmail':
    case 'outlook':
      return 'email';
    case 'companion':
      return what === 'wifi' ? 'wifi' : 'certificate';
    case 'certificates':
      return 'certificate';
    case 'provisioning':
      return 'wifi';
    case 'vpn':
    case 'file':
      return 'vpn';
    default:
      return 'configuration';
  }
}
