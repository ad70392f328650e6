import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withFile } from '../../base/command-line.js';
import { renderJunit } from './junit.js';
import type { RunResult } from './result.js';

/** Where a run's reports go. Folders are made, and found writable, before it begins: throws FILE_UNUSABLE otherwise. */
export function prepareFiles({
  out,
  junit,
}: {
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
}): {
  write(result: RunResult, json: string): void;
} {
  const files = [
    ...(out === undefined ? [] : [join(out, 'report.json'), join(out, 'junit.xml')]),
    ...(junit === undefined ? [] : [junit]),
  ];
  for (const folder of [out, junit === undefined ? undefined : dirname(junit)])
    if (folder !== undefined)
      withFile(folder, (path) => {
        mkdirSync(path, { recursive: true });
        accessSync(path, constants.W_OK);
      });
  for (const file of files)
    withFile(file, (path) => {
      if (existsSync(path)) closeSync(openSync(path, 'r+'));
    });
  const save = (file: string, text: string) => withFile(file, (path) => writeFileSync(path, text));
  return {
    write(result, json) {
      const xml = renderJunit(result);
      if (out !== undefined) {
        save(join(out, 'report.json'), json);
        save(join(out, 'junit.xml'), xml);
      }
      if (junit !== undefined) save(junit, xml);
    },
  };
}
