// Pushes that remove files: their paths always lie below shared storage, and one that climbs out of it leads nowhere.
import type { PushMessage } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';
import { logLine } from './device-log.js';
import { FileSystem } from './file-system.js';
import { underStorage } from './paths.js';
import { optionalText, type PushReport, requiredText } from './push-payload.js';

type Act = (files: FileSystem, path: string) => { readonly said: string } | { readonly failed: string };

/** Resolves the path, acts and logs as the launcher: `what` begins its lines. */
function withPath(
  context: AndroidContext,
  message: PushMessage,
  { what, done, act }: { readonly what: string; readonly done: string; readonly act: Act },
): PushReport {
  const required = requiredText(message, 'path', 'no path specified');
  if ('failed' in required) return fault(context, what, required.failed);
  const { text: about } = required;
  const resolved = underStorage(about);
  const { memory } = context;
  const files = new FileSystem(memory.data.files);
  // what the system refuses, the launcher does not notice: it says that the file is gone
  const came = 'why' in resolved ? { said: `nothing: ${resolved.why}` } : act(files, resolved.path);
  files.keep(memory);
  if ('failed' in came) return { about, ...fault(context, what, `${came.failed}: ${about}`) };
  logLine(context, 'info', `${done}: ${about}`);
  return { about, said: came.said };
}

function fault(context: AndroidContext, what: string, why: string): PushReport {
  logLine(context, 'warning', `${what} failed: ${why}`);
  return { failed: why };
}

export const deleteFile = (context: AndroidContext, message: PushMessage): PushReport =>
  withPath(context, message, {
    what: 'File delete',
    done: 'Deleted file',
    act: (files, path) => ({ said: files.remove(path) ? 'deleted' : 'nothing: no such file' }),
  });

export const deleteDirectory = (context: AndroidContext, message: PushMessage): PushReport =>
  withPath(context, message, {
    what: 'Directory delete',
    done: 'Deleted directory',
    act: (files, path) => ({ said: `deleted ${files.removeTree(path)} files` }),
  });

/** All that lies in a folder with `recursive: "1"`, else its files alone. */
export const purgeDirectory = (context: AndroidContext, message: PushMessage): PushReport =>
  withPath(context, message, {
    what: 'Directory purge',
    done: 'Purged directory',
    act: (files, path) => {
      if (!files.isFolder(path)) return { failed: 'not a directory' };
      const isRecursive = optionalText(message, 'recursive') === '1';
      return { said: `deleted ${isRecursive ? files.removeTree(path) : files.removeFilesIn(path)} files` };
    },
  });
