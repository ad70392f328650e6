import { describe, expect, it } from 'vitest';
import { serverText } from '../../../agent/platform/server-text.js';

const told = (body: string | Buffer, type?: string) =>
  serverText({ headers: type === undefined ? {} : { 'content-type': type }, body: Buffer.from(body) });

describe('what a server says in a refusal', () => {
  it.each([
    ['{"error":{"code":"X","message":"no such user"}}', 'application/json', 'no such user'],
    ['{"message":"no licence"}', 'application/problem+json', 'no licence'],
    ['{"error":"Forbidden"}', 'application/json', 'Forbidden'],
    ['{"error":"invalid_grant","error_description":"expired"}', 'application/json', 'expired'],
    ['{"title":"Bad Request","detail":"no such device"}', 'application/problem+json', 'no such device'],
    ['{"message":{},"title":"Bad Request"}', 'application/problem+json', 'Bad Request'],
    [`{"message":"it failed","stack":"${'a'.repeat(9000)}"}`, 'application/json', 'it failed'],
    [`${'a'.repeat(199)}😀`, undefined, 'a'.repeat(199)],
    [`a${'ü'.repeat(40_000)}`, undefined, `a${'ü'.repeat(199)}`],
    ['<html><head><title> 502  Bad\nGateway</title></head></html>', 'text/html', '502 Bad Gateway'],
    ['<!DOCTYPE html><title>Welcome</title>', undefined, 'Welcome'],
    ['Bad Request\n', 'text/plain', 'Bad Request'],
    [`a${'b'.repeat(5000)}`, undefined, `a${'b'.repeat(199)}`],
  ])('%s', (body, type, text) => expect(told(body, type)).toBe(text));

  it.each([
    ['nothing', '', undefined],
    ['blanks', ' \n', 'text/plain'],
    ['JSON that says nothing', '{"a":1}', 'application/json'],
    ['JSON that is none', '{', 'application/json'],
    ['a page without a title', '<html></html>', 'text/html'],
    ['a document of the protocol', '<?xml version="1.0"?><a/>', 'application/xml'],
    ['bytes', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]), 'image/png'],
  ])('is not %s', (_, body, type) => expect(told(body, type)).toBeUndefined());
});
