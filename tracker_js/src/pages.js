import { attend, part } from "./attention.js";
import { on, safely } from "./safely.js";
import { moveTo, say } from "./say.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let opening;
let referrer = document.referrer;

/** The page that an address means: its fragment only where a router lives in it. */
const here = () => ({
  page: location.pathname + (/^#!?\//.test(location.hash) ? location.hash : ""),
  search: location.search,
});
let at = here();

/**
 * Opens a page: ends the one before, says the new one, and attends to it.
 *
 * @param {string} [name]
 * @param {object} [properties]
 */
export const open = (name, properties) => {
  clearTimeout(opening);
  part();
  at = here();
  const place = { url: location.href, path: location.pathname, title: document.title, referrer };
  referrer = place.url;
  moveTo(place);
  attend(say("page", { name, properties: { ...place, ...properties } }), place);
};

/** The address changed without a load. Its new title mostly comes a moment later, and so do redirects.
 * @param {boolean} replaced by replaceState, which also serves to tidy up the query: no page of its own */
const moved = (replaced) => {
  const now = here();
  const same = now.page === at.page && (replaced || now.search === at.search);
  at = now;
  if (same) return;
  part();
  clearTimeout(opening);
  opening = setTimeout(safely(open));
};

/** Follows single-page navigation and the back button. */
export const follow = () => {
  for (const verb of /** @type {const} */ (["pushState", "replaceState"])) {
    const real = history[verb];
    history[verb] = function (...args) {
      real.apply(this, args);
      safely(moved)(verb === "replaceState");
    };
  }
  on(window, "popstate hashchange", () => moved(false));
  on(window, "pageshow", ({ persisted }) => persisted && open());
};
