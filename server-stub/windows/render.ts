// Neutral profiles as nodes of CSPs (specs/windows.md §2).
import type { Profile } from '../../protocol/vocabulary.js';
import { renderCertificate } from './render-certificate.js';
import { renderConfiguration } from './render-configuration.js';
import { renderEmail } from './render-email.js';
import { renderVpn } from './render-vpn.js';
import { renderWifi } from './render-wifi.js';
import type { RenderContext, Rendered } from './rendered.js';

/**
 * The profile as SyncML commands. The same name is the same node (A8): Wi-Fi by its SSID, VPN, SCEP and PFX by the profile's name,
 * mail by a GUID made of it, certificates by thumbprint; policies have no name. Throws NOT_FOUND when a certificate that it
 * names is not assigned, MESSAGE_REFUSED for what Windows cannot be told.
 */
export function renderProfile(profile: Profile, context: RenderContext): Rendered {
  switch (profile.kind) {
    case 'email':
      return renderEmail(profile);
    case 'vpn':
      return renderVpn(profile, context);
    case 'wifi':
      return renderWifi(profile, context);
    case 'certificate':
      return renderCertificate(profile, context);
    case 'configuration':
      return renderConfiguration(profile);
  }
}
