/** Where events go: beside the script, also where a proxy serves both under a path. */
let endpoint = "";
let writeKey = "";

const DEADLINE_MS = 15_000;
const LONGEST_WAIT_MS = 300_000;

/**
 * @param {string} scriptUrl
 * @param {string} key
 */
export const aim = (scriptUrl, key) => {
  endpoint = new URL("v1/batch", scriptUrl).href;
  writeKey = key;
};

/**
 * Posts one batch as plain text with the key in the body, so that no browser asks for permission first. `keepalive`
 * lets the request outlive the page.
 *
 * @param {Iterable<string>} events JSON texts
 * @returns {Promise<number | undefined>} nothing more to do (undefined), or try again, after so many ms at least
 */
export const post = async (events) => {
  const sentAt = new Date().toISOString();
  const body = `{"batch":[${[...events]}],"sentAt":"${sentAt}","writeKey":${JSON.stringify(writeKey)}}`;
  try {
    const { status, headers } = await fetch(endpoint, {
      method: "POST",
      body,
      keepalive: true,
      credentials: "omit",
      signal: AbortSignal.timeout?.(DEADLINE_MS),
    });
    if (status !== 429 && status < 500) return;
    const after = headers.get("Retry-After");
    const wait_ms = after ? +after * 1000 || Date.parse(after) - Date.now() : 0;
    return Math.min(Math.max(wait_ms, 0) || 0, LONGEST_WAIT_MS);
  } catch {
    return 0;
  }
};
