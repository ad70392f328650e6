import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './rollcall.js';

/** One fenced block of a page: its language word, its lines, and where it begins. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The heading that it stands under. */
  readonly under: string;
}

/** The fenced blocks of a page of the project, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let under = '';
  let open: { language: string; lines: string[] } | undefined;
  for (const line of readFileSync(join(root, page), 'utf8').split('\n')) {
    const fence = /^```(\w*)/.exec(line);
    if (open !== undefined && fence === null) open.lines.push(line);
    else if (open !== undefined) {
      blocks.push({ language: open.language, text: open.lines.join('\n'), under });
      open = undefined;
    } else if (fence !== null) open = { language: fence[1] ?? '', lines: [] };
    else under = /^#+ (.*)/.exec(line)?.[1] ?? under;
  }
  if (open !== undefined) throw new Error(`a block of ${page} has no end`);
  return blocks;
}

/** What a page tells people to type: the lines of its blocks that begin with a program, without their comments. */
export const commandsOf = (page: string): string[] =>
  blocksOf(page).flatMap(({ language, text }) =>
    language === ''
      ? text
          .split('\n')
          .map((line) => line.replace(/\s+#.*$/, '').trim())
          .filter((line) => /^(?:[A-Z_]+=\S+ )*(?:npm|npx|curl|node|docker) /.test(line))
      : [],
  );
