// What an administrator may see and do of declarative management, under /stub/v1.
import { z } from 'zod';
import { type AdminRoute, noContent, ok, param, readBody } from '../admin/graph.js';
import { shownOpaque } from '../admin/shown.js';
import { stubError } from '../errors.js';
import type { IosContext } from './context.js';
import { type Documents, maxDocumentBytes } from './documents.js';
import { setDeclarations } from './synchronise.js';

const declarationsSchema = z.strictObject({
  value: z.array(z.strictObject({ Type: z.string(), Identifier: z.string(), Payload: z.record(z.string(), z.json()) })),
});
const documentSchema = z.strictObject({ content: z.base64(), contentType: z.string().max(100).optional() });

/** A document in base64, and the JSON around it. */
const documentRequestBytes = Math.ceil((maxDocumentBytes * 4) / 3) + 1024;

export function declarationAdminRoutes(context: IosContext, documents: Documents): AdminRoute[] {
  const { declarations } = context;
  return [
    {
      method: 'GET',
      path: '/stub/v1/ddm/declarations',
      handle: (_, by) =>
        ok({ value: declarations.list().map((each) => ({ ...each, Payload: shownOpaque(each.Payload, by) })) }),
    },
    {
      method: 'PUT',
      path: '/stub/v1/ddm/declarations',
      handle(request) {
        setDeclarations(context, readBody(declarationsSchema, request).value);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: '/stub/v1/ddm/status/:deviceId',
      handle(request) {
        const deviceId = param(request, 'deviceId');
        const report = declarations.status(deviceId);
        if (report === undefined) throw stubError('NOT_FOUND', `device ${deviceId} has sent no status`);
        return ok(report);
      },
    },
    {
      method: 'POST',
      path: '/stub/v1/documents',
      maxBytes: documentRequestBytes,
      handle(request) {
        const { content, contentType } = readBody(documentSchema, request, { maxBytes: documentRequestBytes });
        const path = documents.add(Buffer.from(content, 'base64'), contentType);
        return ok({ url: context.addresses.originFor(request) + path }, 201);
      },
    },
  ];
}
