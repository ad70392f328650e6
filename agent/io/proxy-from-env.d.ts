declare module 'proxy-from-env' {
  /** Address of the proxy for this URL by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either case; "" for none. */
  export function getProxyForUrl(url: string | URL): string;
}
