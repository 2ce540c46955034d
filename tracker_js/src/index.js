import { hide, part, unhide, watch } from "./attention.js";
import { consent } from "./consent.js";
import { atOnce, leave, retry, stay } from "./deliver.js";
import { listen } from "./forms.js";
import { follow, open } from "./pages.js";
import { aim } from "./post.js";
import { adopt } from "./queue.js";
import { on, safely } from "./safely.js";
import { say } from "./say.js";
import { keys, remove } from "./store.js";
import { forgetVisitor, rememberUser } from "./visitor.js";

/** @typedef {[verb: string, ...args: any[]]} Call */

/** @type {any} what the snippet left: calls that came before us; or ourselves, when the snippet stands here twice */
const before = /** @type {any} */ (window).leadstream;
const script =
  /** @type {HTMLScriptElement | null} */ (document.currentScript || document.querySelector("script[data-write-key]"));
const refused = /** @type {any} */ (navigator).globalPrivacyControl;

/** @param {string} name
 * @param {object} [properties] */
const track = (name, properties) => {
  say("track", { event: name, properties });
  if (name === "form_submitted") atOnce();
};

/** @param {any} id the user's id, or the traits at once
 * @param {any} [traits] or, after traits, the options
 * @param {any} [options] `signature`: what your server signed this e-mail with */
const identify = (id, traits, options) => {
  if (id && typeof id === "object") [traits, options] = [id, traits];
  else if (id) rememberUser(id);
  say("identify", { traits: traits || {} }, options?.signature);
  atOnce();
};

/** @param {any} [name] of the page, or its properties at once
 * @param {object} [properties] */
const page = (name, properties) => (name && typeof name === "object" ? open(undefined, name) : open(name, properties));

/** @param {unknown} groupId
 * @param {object} [traits] */
const group = (groupId, traits) => say("group", { groupId, traits: traits || {} });

/** @param {unknown} userId
 * @param {unknown} [previousId] */
const alias = (userId, previousId) => say("alias", { userId, previousId });

/** Somebody else uses this browser from now on. */
const reset = () => {
  part();
  forgetVisitor();
};

/** @type {Record<string, (...args: any[]) => void>} */
const verbs = Object.assign(Object.create(null), { track, identify, page, group, alias, reset, consent });
for (const verb in verbs) verbs[verb] = refused ? () => {} : safely(verbs[verb]);

/** @param {Call[]} calls */
const start = (calls) => {
  adopt();
  watch();
  const manual = script?.hasAttribute("data-manual-pages");
  if (!manual) follow();
  listen(track, identify);
  on(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") comes();
    else goes();
  });
  on(window, "pagehide", goes);
  on(window, "pageshow", ({ persisted }) => persisted && comes());
  on(window, "online", () => retry());
  // What was agreed to holds for the first page view too.
  for (const [verb, preferences] of calls) if (verb === "consent") verbs.consent(preferences);
  if (!manual && !calls.some(([verb]) => verb === "page")) open();
  for (const [verb, ...args] of calls) verbs[verb]?.(...args);
};

const comes = () => {
  unhide();
  stay();
};

const goes = () => {
  hide();
  leave();
};

safely(() => {
  if (!script || (before && !Array.isArray(before))) return;
  /** @type {any} */ (window).leadstream = verbs;
  if (refused) {
    keys().forEach(remove);
    return;
  }
  aim(script.src, script.getAttribute("data-write-key") || "");
  const begin = safely(() => start(before || []));
  // A page that the browser only prepares is not read by anybody yet.
  if (/** @type {any} */ (document).prerendering) on(document, "prerenderingchange", begin);
  else begin();
})();
