// EapHostConfig: how Windows is told to sign in by EAP, inside WLAN profiles (OneX) and VPN profiles. MS-GPWL §6.3 has the schemas
// of the first two parts; those of the methods are named by their namespaces (BaseEapConnectionPropertiesV1, EapTls..., MsPeap...).
export * from './eap/names.js';
export { eapHostConfigOf, readEapHostConfig } from './eap/read.js';
export { eapHostConfigMarkup, writeEapHostConfig } from './eap/write.js';
