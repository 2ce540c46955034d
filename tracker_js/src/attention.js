import { on } from "./safely.js";
import { say } from "./say.js";

/**
 * How long somebody really looked at a page. Time counts while the page is visible and its reader did something within
 * the last 30 s; it is told at 5, 10 and 30 s and when the page is left, each time as a whole.
 */
const MARKS_MS = [5_000, 10_000, 30_000];
const IDLE_AFTER_MS = 30_000;
const SAME_ACT_MS = 500;

/** Acts of a person. Not `scroll`: pages scroll by themselves, wheels and fingers do not. */
const ACTS = "pointerdown pointermove keydown wheel touchstart touchmove";

/** @typedef {{id: string, url: string, title: string, started_at: string, dwell_ms: number, interactions: number}} Read */

/** @type {Read | undefined} */
let page;
let told = "";
let visible = false;
let actedAt = 0;
let lookedAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Whole ms, so that sums are exact; a clock that nobody can set. */
const clock = () => Math.round(performance.now());

/** Adds the attention since the last look. */
const look = () => {
  const now = clock();
  if (page && visible) page.dwell_ms += Math.max(0, Math.min(now, actedAt + IDLE_AFTER_MS) - lookedAt);
  lookedAt = now;
};

/** Tells what is not told yet. */
const tell = () => {
  if (!page) return;
  const { id: page_id, url, title, started_at, dwell_ms, interactions } = page;
  const telling = page_id + dwell_ms + "/" + interactions;
  if (telling === told) return;
  told = telling;
  say("track", {
    event: "page_engaged",
    properties: { page_id, url, started_at, dwell_ms, interactions, title },
  });
};

/** Wakes at the next mark, if attention lasts that long. */
const wait = () => {
  clearTimeout(timer);
  const mark_ms = MARKS_MS.find((ms) => page && ms > page.dwell_ms);
  if (!page || !visible || !mark_ms) return;
  timer = setTimeout(() => {
    look();
    if (page && page.dwell_ms >= mark_ms) {
      page.title = document.title;
      tell();
    }
    if (lookedAt < actedAt + IDLE_AFTER_MS) wait();
  }, mark_ms - page.dwell_ms);
};

/** @param {boolean} seen */
const show = (seen) => {
  look();
  visible = seen;
  actedAt = lookedAt;
  wait();
};

/** A page is opened.
 * @param {string} id the messageId of its page event
 * @param {{url: string, title: string}} place */
export const attend = (id, { url, title }) => {
  page = { id, url, title, started_at: new Date().toISOString(), dwell_ms: 0, interactions: 0 };
  told = id + "0/0";
  lookedAt = clock();
  show(document.visibilityState === "visible");
};

/** It is left for another one. */
export const part = () => {
  look();
  tell();
  page = undefined;
};

/** It is out of sight, perhaps for good. */
export const hide = () => {
  show(false);
  tell();
};

/** It is in sight again. */
export const unhide = () => show(true);

let countedAt = -SAME_ACT_MS;

/** Listens to what the reader does. */
export const watch = () =>
  on(window, ACTS, ({ type, isTrusted, movementX, movementY }) => {
    // A script is no reader, and browsers report a pointer that rests while the page moves below it.
    if (!isTrusted || (type === "pointermove" && !movementX && !movementY)) return;
    const now = clock();
    if (now - countedAt < SAME_ACT_MS) return;
    countedAt = now;
    look();
    actedAt = now;
    if (page) page.interactions++;
    wait();
  });
