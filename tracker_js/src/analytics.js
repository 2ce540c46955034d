import { on, safely } from "./safely.js";
import { read, write } from "./store.js";

/**
 * For pages that have Segment's snippet: it is loaded in the place of analytics.js, takes what the snippet's stub has
 * queued and every later call, and tells them to our tracker, which it loads. `window.analytics` goes on to be what
 * the page calls. The page says itself what a page view is, as there.
 */

/** @typedef {(...args: any[]) => any} Method */

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const [, base = "", key = ""] = /^(.*\/)analytics\.js\/v1\/([^/]+)\//.exec(script?.src || "") || [];
const name = script?.getAttribute("data-global-segment-analytics-key") || "analytics";
const page = /** @type {any} */ (window);

/** @param {string} verb
 * @param {any[]} args */
const tell = (verb, ...args) => {
  const tracker = (page.leadstream ||= []);
  if (Array.isArray(tracker)) tracker.push([verb, ...args]);
  else tracker[verb](...args);
};

/** Calls end with options and a callback, and those from the stub with where they were made.
 * @param {any[]} args */
const split = (args) => {
  const left = args.filter((arg) => typeof arg !== "function" && arg?.__t !== "bpc");
  const [done] = args.filter((arg) => typeof arg === "function");
  return { left, done };
};

/** @param {(...args: any[]) => void} act
 * @returns {Method} */
const method =
  (act) =>
  (...args) => {
    const { left, done } = split(args);
    safely(act)(...left);
    if (done) setTimeout(done);
    return page[name];
  };

/** `page(category?, name?, properties?)`: of one text it is the name. */
const view = method((...args) => {
  const [last, before] = args.filter((arg) => typeof arg === "string").reverse();
  const properties = args.find((arg) => arg && typeof arg === "object");
  tell("page", last, before ? { category: before, ...properties } : properties);
});

/** Tells of an act on an element; a function in the place of name or properties is asked for them.
 * @param {string} act
 * @returns {Method} */
const listening = (act) => (targets, event, properties) => {
  const elements = targets?.nodeType ? [targets] : [...(targets || [])];
  for (const element of elements) {
    /** @param {any} said */
    const value = (said) => (typeof said === "function" ? said(element) : said);
    on(element, act, () => tell("track", value(event), value(properties)));
  }
  return page[name];
};

/** What Segment's own script called this visitor. */
const before = () => /(?:^|; )ajs_anonymous_id=([^;]+)/.exec(document.cookie)?.[1];

/** @param {unknown} id */
const setAnonymousId = (id) => id && !(/** @type {any} */ (navigator).globalPrivacyControl) && write("anonymousId", String(id));

/** For what we do not do; a callback is still called. */
const nothing = method(() => {});
/** @type {Record<string, Method>} */
const methods = {
  track: method((event, properties) => tell("track", event, properties)),
  page: view,
  screen: view,
  identify: method((id, traits, options) => tell("identify", id, traits, options)),
  group: method((id, traits) => tell("group", id, traits)),
  alias: method((id, previousId) => tell("alias", id, previousId)),
  reset: method(() => tell("reset")),
  setAnonymousId: method(setAnonymousId),
  trackClick: listening("click"),
  trackLink: listening("click"),
  trackForm: listening("submit"),
  trackSubmit: listening("submit"),
  ready: nothing,
  user: () => ({ id: () => read("userId"), anonymousId: () => read("anonymousId"), traits: () => ({}) }),
};

safely(() => {
  const stub = page[name];
  if (!key || stub?.initialized) return;
  const queued = Array.isArray(stub) ? stub.splice(0) : [];
  if (!read("anonymousId")) setAnonymousId(before());
  /** @type {Record<string, any>} */
  const known = { initialized: true, invoked: true, initialize: nothing, _writeKey: key };
  for (const verb of stub?.methods || []) known[verb] = nothing; // a page that calls one of them must not break
  page[name] = Object.assign(known, methods);
  for (const [verb, ...args] of queued) (methods[verb] || nothing)(...args);
  const tracker = document.createElement("script");
  tracker.async = true;
  tracker.src = base + "leadstream.js";
  tracker.setAttribute("data-write-key", decodeURIComponent(key));
  tracker.setAttribute("data-manual-pages", "");
  document.head.append(tracker);
})();
