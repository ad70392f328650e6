import { csp } from '../tree/ddf.js';

/**
 * NodeCache: which nodes changed since a server looked (specs/windows.md §2.0, §2.2). The DDF has no Replace for the leaves of a node,
 * while Learn's own session and samples Replace all three: they are taken.
 */
export const nodeCache = csp(
  'NodeCache',
  `
./User/Vendor/MSFT/NodeCache, ./Device/Vendor/MSFT/NodeCache [G] node
  {ProviderID} [ADG] node ?
    CacheVersion [AGR] chr ?
    ChangedNodes [G] chr ?
    ChangedNodesData [G] xml ?
    Nodes [G] node
      {NodeID} [ADG] node *
        NodeURI [ADGR] chr
        ExpectedValue [ADGR] chr
        AutoSetExpectedValue [ADGR] null
`,
);
