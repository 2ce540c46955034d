import { post } from "./post.js";
import * as queue from "./queue.js";
import { bytesOf } from "./size.js";

/** When the queue is sent: within a second, at once, or before the page goes. */
const GATHER_MS = 1000;
const BATCH_EVENTS = 20;
/** Browsers let requests of 64 KB in all outlive their page. */
const BATCH_BYTES = 50_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** @type {Set<string>} */
const flying = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let failures = 0;
let notBefore = 0;

/** @param {number} wait_ms */
const again = (wait_ms) => {
  clearTimeout(timer);
  timer = setTimeout(send, wait_ms);
};

/** @returns {Set<string>} the oldest that are not on their way */
const next = () => {
  /** @type {Set<string>} */
  const batch = new Set();
  let bytes = 0;
  for (const event of queue.waiting()) {
    if (flying.has(event)) continue;
    bytes += bytesOf(event);
    if (batch.size === BATCH_EVENTS || (batch.size && bytes > BATCH_BYTES)) break;
    batch.add(event);
  }
  return batch;
};

/** One request at a time, so that an outage is met by one, too. A page that is left cannot wait for its turn. */
const send = async (leaving = false) => {
  if (flying.size && !leaving) return;
  clearTimeout(timer);
  timer = undefined;
  const batch = next();
  if (!batch.size) return;
  for (const event of batch) flying.add(event);
  const retryAfter_ms = await post(batch);
  for (const event of batch) flying.delete(event);
  if (retryAfter_ms === undefined) {
    failures = 0;
    queue.drop(batch);
    if (queue.waiting()[0]) again(0);
  } else {
    const backOff_ms = Math.min(FIRST_WAIT_MS * 2 ** failures++, LONGEST_WAIT_MS);
    notBefore = Date.now() + retryAfter_ms;
    // Half of it is chance: what failed together must not come back together.
    again(retryAfter_ms + backOff_ms * (0.5 + Math.random() / 2));
    queue.drop(new Set()); // says that this page lives
  }
};

/** Sends with what else comes within a second. */
export const soon = () => {
  timer ||= setTimeout(send, GATHER_MS);
};

/** Sends without waiting for more; after a failure its turn comes with the next try. */
export const atOnce = () => {
  if (!failures) send();
};

/** The network is back: tries now, unless the collector asked for a pause. */
export const retry = () => {
  if (Date.now() >= notBefore) send();
};

/** The page may be gone in a moment: a last try, and what is left stays for the next page. */
export const leave = () => {
  if (Date.now() >= notBefore) send(true);
  queue.keep(false);
};

/** Somebody looks at the page again. */
export const stay = () => {
  queue.keep(true);
  soon();
};
