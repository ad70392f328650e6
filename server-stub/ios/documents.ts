// Documents that declarations refer to by URL: legacy profiles and assets. Whoever knows the address may fetch one.
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import { stubError } from '../errors.js';
import type { Route } from '../http-types.js';

export interface Documents {
  readonly routes: readonly Route[];
  /** Keeps a document and answers its path, which cannot be guessed. Throws REQUEST_INVALID when there are too many. */
  add(content: Uint8Array, contentType?: string): string;
}

const maxDocuments = 200;
const maxBytes = 10 * 1024 * 1024;

export function createDocuments(random: (length: number) => Buffer): Documents {
  const documents = new Map<string, { readonly content: Uint8Array; readonly contentType: string }>();
  return {
    routes: [
      {
        method: 'GET',
        path: '/documents/:id',
        handle({ params }) {
          const found = documents.get(params['id'] ?? '');
          if (found === undefined) throw stubError('NOT_FOUND', 'there is no such document');
          return { status: 200, headers: { 'content-type': found.contentType }, body: found.content };
        },
      },
    ],
    add(content, contentType = contentTypes.profile) {
      if (documents.size >= maxDocuments || content.length > maxBytes) {
        throw stubError('REQUEST_INVALID', `at most ${maxDocuments} documents of ${maxBytes} bytes are kept`);
      }
      const id = random(18).toString('base64url');
      documents.set(id, { content, contentType });
      return `/documents/${id}`;
    },
  };
}
