// The one place that says which names are names of secrets: what is logged and what is traced is masked by it.

/**
 * What is in the name of a secret: of a field, a header, a parameter of an address, in any protocol's spelling. `mdm` is the
 * PushMagic's name in a notification.
 */
const secret =
  /pass(?:word|code|phrase|wd)|pwd|secret|challenge|token|magic|authorization|cookie|pkcs8|pkcs12|privatekey|bypasscode|redemptioncode|(?:recovery|product|api|access|shared|signing|encryption|session|hmac|escrow)key|credentials?$|^pem$|^key$|keymaterial|pfxcertblob|psk$|^pw$|^pass$|^jwt$|^mdm$|^assertion$|^samlresponse$|^wresult$/;

/** `PIN` as a word of its own: `UserPIN`, `new-pin`; not the letters in "spinning". */
const pin = /(?:^|[a-z_. -])PIN(?:$|[A-Z_. -])|(?:^|[_. -])pin(?:$|[_. -])/;

/** What ends the name of something about a secret, and not of the secret: `PasscodeType`, `maxPINAgeInDays`. */
const about =
  /(?:type|length|days|polic(?:y|ies)|uuids?|identifier|status|limit|count|date|expir(?:y|es|ation|esat|esin)|expirationdate|history|minutes|attempts|names?|url|present|profiles|period|regex|description|encryption|delay|domains|mapping|parameters|reference|source|mode|settings|lifetime|bytes)$/;

/** Versions of declarations and ways to ask: words that only sound like secrets. */
const known: ReadonlySet<string> = new Set([
  'declarationstoken',
  'servertoken',
  'assetservertoken',
  'synctokens',
  'tokenservicetype',
]);

const plainly = (name: string): string =>
  name
    .slice(0, 256)
    .toLowerCase()
    .replace(/[-_. ]/g, '');

/** Whether the name says something about a secret, such as its type, and not the secret. */
export function isAboutName(name: string): boolean {
  const plain = plainly(name);
  return known.has(plain) || about.test(plain);
}

/**
 * Whether what stands under this name is shown to nobody.
 *
 * @example
 * isSecretName('WiFiPassword'); // true
 * isSecretName('PasscodeType'); // false
 */
export function isSecretName(name: string): boolean {
  if (isAboutName(name)) return false;
  return secret.test(plainly(name)) || pin.test(name.slice(0, 256));
}
