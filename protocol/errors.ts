import { type ErrorEntry, errorsOf, type Refuse } from '../base/errors.js';

/** Failures of the codecs in protocol/. Each is about bytes: what arrived, or what was asked to be written. */
export const protocolCatalogue = {
  PLIST_MALFORMED: {
    retry: false,
    hint: 'A device does not read these bytes as a property list; the message says where. `--lenient plist` lifts what other readers take.',
  },
  PLIST_LIMIT: {
    retry: false,
    hint: 'The property list is larger or deeper than allowed; raise the limit if it is genuine.',
  },
  DER_MALFORMED: { retry: false, hint: 'The bytes are not DER; look at the sender.' },
  CMS_MALFORMED: { retry: false, hint: 'The message is not the CMS structure that is expected here (RFC 5652).' },
  CMS_SIGNATURE: { retry: false, hint: 'The signature does not match the content and the certificate it names.' },
  CMS_DECRYPT: { retry: false, hint: 'The envelope is not for this key, or was damaged on its way.' },
  X509_MALFORMED: { retry: false, hint: 'The bytes are not an X.509 certificate or PKCS#10 request.' },
  PKCS12_MALFORMED: { retry: false, hint: 'iOS does not open this as PKCS#12, or it has more than one identity.' },
  PKCS12_PASSWORD: { retry: false, hint: 'Check the password of the PKCS#12 file.' },
  SCEP_MALFORMED: { retry: false, hint: 'The message is not a SCEP pkiMessage (RFC 8894 §3).' },
  MDM_MALFORMED: { retry: false, hint: 'The message is not a valid MDM message; look at the sender.' },
  PROFILE_REFUSED: {
    retry: false,
    hint: 'The profile does not meet its schema; the error chain names the payload and key.',
  },
  PUSH_MALFORMED: {
    retry: false,
    hint: 'The message is not one of those between the push service and devices (docs/push.md).',
  },
  GATE_MALFORMED: { retry: false, hint: 'The message is not one of the resource gate between stub and devices.' },
  DDM_MALFORMED: { retry: false, hint: 'The declarative management message is not valid JSON of the expected shape.' },
  XML_MALFORMED: {
    retry: false,
    hint: 'The bytes are not the XML that is expected here; the message says where.',
  },
  XML_LIMIT: {
    retry: false,
    hint: 'The document is larger, deeper or has more parts than allowed.',
  },
  SOAP_MALFORMED: {
    retry: false,
    hint: 'The message is not the SOAP 1.2 envelope that is expected here.',
  },
  MDE_MALFORMED: {
    retry: false,
    hint: 'The message is not one of MS-MDE2’s; the message says what is missing.',
  },
  PROVISIONING_REFUSED: {
    retry: false,
    hint: 'Windows would not take this provisioning document; the details carry the HRESULT.',
  },
  SYNCML_MALFORMED: {
    retry: false,
    hint: 'The message is not SyncML as OMA DM 1.2 has it; look at the sender.',
  },
  WBXML_MALFORMED: {
    retry: false,
    hint: 'The bytes are not WBXML of SyncML 1.2.',
  },
  CSP_MALFORMED: {
    retry: false,
    hint: 'The document in a CSP node (a WLAN profile, a VPN profile, an EAP configuration) cannot be read.',
  },
  MANAGED_CONFIG_REFUSED: {
    retry: false,
    hint: 'Launcher 6.36 would lose or change this value on its way to the app; the message names the key.',
  },
  ONC_REFUSED: {
    retry: false,
    hint: 'Android takes no such network (Open Network Configuration); the message names the path.',
  },
  APP_CONFIG_REFUSED: {
    retry: false,
    hint: 'The app does not take this account or tunnel; the message names the key or the line.',
  },
  HEADWIND_MALFORMED: {
    retry: false,
    hint: 'The message is not one of the Headwind MDM device protocol; the message says which field is wrong, or where.',
  },
} as const satisfies Record<string, ErrorEntry>;

export const protocolError = errorsOf(protocolCatalogue);

type Code = keyof typeof protocolCatalogue;

/** The refusal of one codec, for the readers of base/ to throw. */
export const refuseWith =
  (code: Code): Refuse =>
  (message, context) =>
    protocolError(code, message, context);
