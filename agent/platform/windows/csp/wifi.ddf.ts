import { csp } from '../tree/ddf.js';

/** WiFi: wireless networks (specs/windows.md §2.0, §2.2). A Replace of a network that is not there is 404, unlike elsewhere (Learn; case D8). */
export const wifi = csp(
  'WiFi',
  `
./User/Vendor/MSFT/WiFi, ./Device/Vendor/MSFT/WiFi [G] node
  Profile [G] node
    {SSID} [ADGR] node * ReplaceExisting
      WlanXml [ADGR] chr
      Proxy [ADGR] chr CaseSense
      ProxyPacUrl [ADGR] chr ? CaseSense
      ProxyWPAD [ADGR] bool ? = ENUM:false|true
      WiFiCost [ADGR] int ? def=1 = ENUM:1|2|3
      ProfileSource [GR] int def=0 = ENUM:0|1
`,
);
