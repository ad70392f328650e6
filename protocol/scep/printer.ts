// SCEP messages (RFC 8894 §3) as people read them. Signatures are not checked here: what is wrong is shown, too.
import { isRollcallError } from '../../base/errors.js';
import { indented, type Printer, shortHex } from '../printing/printer.js';
import { readSignedData, type SignedData } from '../x509/cms-signed.js';
import type { DerNode } from '../x509/der.js';
import { readText } from '../x509/der-values.js';
import { oids } from '../x509/oids.js';
import { describeCertificate, describeSigner, envelopeLines } from '../x509/printer.js';
import { failInfos, messageTypes, nameOf, pkiStatuses } from './message.js';

const named = (table: Readonly<Record<string, string>>, number: string): string =>
  `${nameOf(table, number) ?? 'unknown'} (${number})`;

/** A pkiMessage: its attributes, who signed it, and the cipher of what it carries. */
export const scepPrinter: Printer = {
  name: 'SCEP',
  handles: (contentType, body) => contentType === 'application/x-pki-message' || (body[0] === 0x30 && isScep(body)),
  print(body) {
    const data = readSignedData(body);
    const { certificates, content, signers } = data;
    const attributes = signers[0]?.attributes ?? new Map<string, DerNode>();
    const line = (label: string, type: string, show: (node: DerNode) => string): string[] => {
      const node = attributes.get(type);
      return node === undefined ? [] : [`${label} ${show(node)}`];
    };
    return [
      `SCEP ${line('', oids.messageType, (node) => named(messageTypes, readText(node)))[0]?.trim() ?? 'without messageType'}`,
      ...indented([
        ...line('transactionID', oids.transactionId, readText),
        ...line('pkiStatus', oids.pkiStatus, (node) => named(pkiStatuses, readText(node))),
        ...line('failInfo', oids.failInfo, (node) => named(failInfos, readText(node))),
        ...line('senderNonce', oids.senderNonce, ({ content: nonce }) => shortHex(nonce)),
        ...line('recipientNonce', oids.recipientNonce, ({ content: nonce }) => shortHex(nonce)),
        ...signers.map((signer) => `signer ${describeSigner(signer, certificates)}`),
        ...certificates.map((each) => `certificate ${attempt(() => [describeCertificate(each)])[0]}`),
        ...(content === undefined || content.length === 0 ? ['no content'] : attempt(() => envelopeLines(content))),
      ]),
    ];
  },
};

function isScep(body: Uint8Array): boolean {
  const data = attemptRead(body);
  return data?.signers.some(({ attributes }) => attributes.has(oids.messageType)) ?? false;
}

function attemptRead(body: Uint8Array): SignedData | undefined {
  try {
    return readSignedData(body);
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}

function attempt(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch (error) {
    return [`not readable: ${error instanceof Error ? error.message : String(error)}`];
  }
}
