// The desired state of a device as a Headwind configuration (specs/android.md §1.3, §5).
import type { DeviceDocument } from '../../core/document.js';
import type { RenderContext, Rendered } from './rendered.js';

/**
 * The whole configuration that a device fetches. The same document with the same memory gives the same bytes; `lastUpdate` changes
 * with content alone, so that an idle device downloads nothing again. What cannot be carried is in `refused` with the reason.
 */
export declare function renderDocument(document: DeviceDocument, context: RenderContext): Rendered;
