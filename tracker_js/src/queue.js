import { keys, read, remove, write } from "./store.js";
import { uuid } from "./uuid.js";

/**
 * What is still to be sent: JSON texts in memory, mirrored in the store under a key of this page's own, so that two
 * tabs never write the same key. A stored queue is one line with the time at which its page was last seen alive, then a
 * line per event.
 *
 * A page out of sight writes time 0: whoever loads next takes that queue over and leaves a time without events in its
 * place. The former owner, should it come back (a tab in the background, the back button), sees that and forgets
 * them: no event is lost, and none has two senders.
 */
const KEPT_EVENTS = 1000;
const DEAD_AFTER_MS = 120_000;
const MARK_KEPT_MS = 86_400_000;

const PREFIX = "queue.";
const own = PREFIX + uuid();

/** @type {string[]} oldest first */
let events = [];

/** Pushed in this task and not written yet. */
let unwritten = false;
let inSight = true;

const save = () => {
  unwritten = false;
  if (events[0]) write(own, [inSight ? Date.now() : 0, ...events].join("\n"));
  else remove(own);
};

/** Forgets what another page has taken over. */
const look = () => {
  if (!unwritten && /^\d+$/.test(read(own) || "")) events = [];
};

/**
 * The oldest give way. A loop of calls is written once, at the end of its task; no page is left within a task.
 *
 * @param {string[]} more
 */
export const push = (...more) => {
  look();
  if (!unwritten) queueMicrotask(() => unwritten && save());
  unwritten = true;
  events = events.concat(more).slice(-KEPT_EVENTS);
};

/** @param {Set<string>} done */
export const drop = (done) => {
  look();
  events = events.filter((event) => !done.has(event));
  save();
};

/** @returns {string[]} */
export const waiting = () => {
  look();
  return events;
};

/**
 * @param {boolean} seen out of sight, a page may never run again: let the next one have what is left
 */
export const keep = (seen) => {
  inSight = seen;
  look();
  save();
};

/** Anything may stand in the store; a broken line would spoil the batch that it travels in.
 * @param {string} line */
const isEvent = (line) => {
  try {
    return JSON.parse(line).messageId;
  } catch {
    return false;
  }
};

/** Takes over what pages that are gone have left. */
export const adopt = () => {
  for (const key of keys()) {
    if (key === own || !key.startsWith(PREFIX)) continue;
    const [aliveAt, ...left] = (read(key) || "").split("\n");
    const silent_ms = Date.now() - +aliveAt;
    if (left[0] && !(silent_ms < DEAD_AFTER_MS)) {
      push(...left.filter(isEvent));
      write(key, String(Date.now()));
    } else if (!left[0] && !(silent_ms < MARK_KEPT_MS)) remove(key);
  }
};
