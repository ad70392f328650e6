// Documents that declarations refer to by URL: legacy profiles and assets. Whoever knows the address may fetch one. They are of
// iOS alone: Android's files, too, have addresses and range rules that their own protocol lays down.
import { z } from 'zod';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import { stubError } from '../errors.js';
import type { Route } from '../http-types.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';

export interface Documents {
  readonly routes: readonly Route[];
  /** Keeps a document and answers its path, which cannot be guessed. Throws REQUEST_INVALID when there are too many. */
  add(content: Uint8Array, contentType?: string): string;
}

const maxDocuments = 200;
export const maxDocumentBytes = 10 * 1024 * 1024;
/** What can stand in a header. */
const contentTypeForm = /^[\x21-\x7e][\x20-\x7e]{0,99}$/;
const documentSchema = z.object({
  content: z.instanceof(Uint8Array),
  contentType: z.string().regex(contentTypeForm),
});

/** A document is whatever somebody put here: a browser that is led to one saves it, and runs nothing of it in the stub's name. */
const inert = {
  'content-disposition': 'attachment',
  'content-security-policy': "default-src 'none'; sandbox",
};

export function createDocuments(random: (length: number) => Buffer, keep?: Keep): Documents {
  const documents = new Map<string, { readonly content: Uint8Array; readonly contentType: string }>(
    readKept(keep, 'document', documentSchema),
  );
  return {
    routes: [
      {
        method: 'GET',
        path: '/documents/:id',
        handle({ params }) {
          const found = documents.get(params['id'] ?? '');
          if (found === undefined) throw stubError('NOT_FOUND', 'there is no such document');
          return { status: 200, headers: { ...inert, 'content-type': found.contentType }, body: found.content };
        },
      },
    ],
    add(content, contentType = contentTypes.profile) {
      if (documents.size >= maxDocuments || content.length > maxDocumentBytes) {
        throw stubError('REQUEST_INVALID', `at most ${maxDocuments} documents of ${maxDocumentBytes} bytes are kept`);
      }
      if (!contentTypeForm.test(contentType)) throw stubError('REQUEST_INVALID', 'the contentType is none');
      const id = random(18).toString('base64url');
      documents.set(id, { content, contentType });
      keep?.put(id, { content, contentType });
      return `/documents/${id}`;
    },
  };
}
