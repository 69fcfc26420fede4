/** Where the site's API lives, for parts: the folder of the script, as in `settings.ts`. Asked while the script runs. */
export const base = (site: string): string =>
  /^[^?#]*\//.exec(
    (document.currentScript as HTMLScriptElement | null)?.src || `${location.origin}/v1/sites/${site}/`,
  )![0];

/** Asks the server there; it answers, or it fails after a while. */
export const post = (address: string, body: unknown): Promise<Response> =>
  fetch(address, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
    credentials: "omit",
    keepalive: true,
    signal: AbortSignal.timeout?.(10_000) as AbortSignal, // older browsers have none
  });
