// How the name of an authority travels where no protocol has a word for it.
import { describe, expect, it } from 'vitest';
import {
  authorityNamed,
  authorityOfOrganization,
  authorityOfPortal,
  organizationText,
  portalAddress,
} from '../../protocol/managing-authority.js';

describe('the authority', () => {
  it.each(['intune', 'office365', 'sccm', 'unknown'] as const)('%s is read where it was written', (authority) => {
    expect(authorityNamed(authority)).toBe(authority);
    expect(authorityOfOrganization(organizationText('Contoso (Europe)', authority))).toBe(authority);
    expect(authorityOfPortal(portalAddress('https://mdm.example:8443', authority))).toBe(authority);
  });

  it('is read from nothing else: what servers of others say names none', () => {
    const organizations = [
      '',
      'Contoso',
      'intune',
      '(intune)',
      'Contoso (Intune)',
      'Contoso (intune) Ltd',
      'A (toString)',
    ];
    for (const text of [undefined, ...organizations]) expect(authorityOfOrganization(text), text).toBeUndefined();
    const addresses = [
      'https://mdm.example',
      'https://mdm.example/portals/',
      '/portals/intune/x',
      'https://x/portals/jamf',
    ];
    for (const text of [undefined, ...addresses]) expect(authorityOfPortal(text), text).toBeUndefined();
    for (const text of [undefined, '', 'Room 12', 'Intune', 'constructor'])
      expect(authorityNamed(text)).toBeUndefined();
  });
});
