import { execFileSync } from 'node:child_process';

/** Throws with xmllint's own words where it does not take a document; it fetches nothing. */
export function judgeXml(document: Uint8Array): void {
  execFileSync('xmllint', ['--noout', '--nonet', '-'], { input: document, stdio: ['pipe', 'pipe', 'pipe'] });
}
