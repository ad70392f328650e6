// Writing XML by templates: what stands between the tags is escaped here.

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const inText = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;
const inAttribute = /[&<>"\t\n\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

const referenceTo = (character: string): string => references[character] ?? '\ufffd';

/** For the content of an element. What XML 1.0 has no place for (control characters, lone surrogates) becomes U+FFFD. */
export const escapeText = (text: string): string => text.replace(inText, referenceTo);

/** For a value in double quotes; white space other than blanks is kept by references. */
export const escapeAttribute = (text: string): string => text.replace(inAttribute, referenceTo);
