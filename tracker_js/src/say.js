import { agreed, refusedAll } from "./consent.js";
import { soon } from "./deliver.js";
import { push } from "./queue.js";
import { bytesOf } from "./size.js";
import { uuid } from "./uuid.js";
import { anonymousId, userId } from "./visitor.js";

/** What the collector takes of one event; a longer one would end among the rejected. */
const EVENT_BYTES = 32_000;

/** @type {{url?: string, path?: string, title?: string, referrer?: string}} */
let place = {};

/** Where the events after this one happen.
 * @param {typeof place} page */
export const moveTo = (page) => {
  place = page;
};

/** Keys that a careless merge would write into `Object.prototype` further down the road do not travel.
 * @param {string} key
 * @param {unknown} value */
const harmless = (key, value) => (/^(__proto__|constructor|prototype)$/.test(key) ? undefined : value);

/**
 * Queues one event. It is text from here on: neither the page nor a later identify can change it any more.
 *
 * @param {"page" | "track" | "identify" | "group" | "alias"} type
 * @param {{event?: string, name?: string, properties?: object, traits?: object, [id: string]: unknown}} fields
 * @param {string} [signature] proves an identify
 * @returns {string} its messageId
 */
export const say = (type, fields, signature) => {
  const messageId = uuid();
  if (refusedAll()) return messageId;
  const preferences = agreed();
  const event = JSON.stringify(
    {
      type,
      messageId,
      anonymousId: anonymousId(),
      userId: userId(),
      timestamp: new Date().toISOString(),
      ...fields,
      context: {
        page: place,
        library: { name: "leadstream-js", version: VERSION },
        identity: signature && { signature },
        consent: preferences && { categoryPreferences: preferences },
      },
    },
    harmless,
  );
  if (bytesOf(event) <= EVENT_BYTES) {
    push(event);
    soon();
  }
  return messageId;
};
