import { createHash } from 'node:crypto';
import { isRollcallError } from '../../../../base/errors.js';
import { reason, type StatusReason } from '../../../../protocol/apple-mdm/ddm-status.js';
import type { CommandContext } from '../context.js';
import type { SavedDeclaration } from '../saved.js';
import { isObject, textAt } from './judge.js';

const maxAssetBytes = 1024 * 1024;
/** What is echoed in a report. */
const maxEchoBytes = 4096;

/**
 * Fetches the data of an asset and checks its size and hash; with `Type: MDM` the request is authenticated as a message is.
 * `mayCome`: whoever serves it may do so another time.
 */
export async function fetchAsset(
  asset: SavedDeclaration,
  { exchange, signal }: CommandContext,
): Promise<{ readonly data: Buffer } | { readonly reason: StatusReason; readonly mayCome?: boolean }> {
  const reference = asset.payload['Reference'];
  const authentication = asset.payload['Authentication'];
  const url = isObject(reference) ? textAt(reference, 'DataURL') : undefined;
  if (!isObject(reference) || url === undefined) {
    const why = 'the asset has no DataURL';
    return { reason: reason('Error.AssetCannotBeDeserialized', why, { Error: why }) };
  }
  try {
    const isMdm = isObject(authentication) && authentication['Type'] === 'MDM';
    const { body } = isMdm
      ? await exchange.download(url, maxAssetBytes, signal)
      : await exchange.fetch(url, maxAssetBytes, signal);
    const size = reference['Size'];
    const hash = textAt(reference, 'Hash-SHA-256')?.toLowerCase();
    const isRight =
      (typeof size !== 'number' || size === body.length) &&
      (hash === undefined || hash === createHash('sha256').update(body).digest('hex'));
    if (isRight) return { data: body.subarray(0, maxEchoBytes) };
    const why = 'size or hash of the asset differ';
    return { reason: reason('Error.AssetCannotBeVerified', why, { Error: why }) };
  } catch (error) {
    if (!isRollcallError(error, 'FETCH_FAILED')) throw error;
    return {
      reason: reason('Error.AssetCannotBeDownloaded', 'The asset cannot be downloaded.', { Error: error.message }),
      mayCome: true,
    };
  }
}
