/**
 * The document with `shown` in place of what is in its elements of this local name, whatever their prefix. One pass, whatever stands
 * in comments or CDATA sections: a server has the device do this with a document of its own.
 */
export function hideText(xml: string, name: string, shown: string): string {
  const opening = new RegExp(`<(?:[\\w.-]+:)?${name}\\b[^>]*>`, 'g');
  const closing = new RegExp(`</(?:[\\w.-]+:)?${name}\\s*>`, 'g');
  let result = '';
  let from = 0;
  for (let begin = opening.exec(xml); begin !== null; begin = opening.exec(xml)) {
    if (begin[0].endsWith('/>')) continue;
    closing.lastIndex = opening.lastIndex;
    const end = closing.exec(xml);
    if (end === null) break; // the others have none either
    result += xml.slice(from, opening.lastIndex) + shown;
    from = end.index;
    opening.lastIndex = from;
  }
  return result + xml.slice(from);
}
