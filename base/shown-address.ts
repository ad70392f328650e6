/**
 * An address as it may be shown: without user and password, and of its query the names alone, for tokens stand there. What is no
 * address comes back without what follows a question mark, and without what stands before an `@`.
 *
 * @example
 * shownAddress('https://mdm.test/enroll?code=7'); // 'https://mdm.test/enroll?code=…'
 */
export function shownAddress(text: string): string {
  if (!URL.canParse(text)) return text.replace(/\?.*$/s, '?…').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/#]*@/i, '$1');
  const { protocol, host, pathname, searchParams } = new URL(text);
  const names = [...searchParams.keys()].map((name) => `${encodeURIComponent(name)}=…`);
  return `${protocol}//${host}${pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`;
}
