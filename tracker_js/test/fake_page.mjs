/**
 * A browser small enough to read: one page with a clock that only the test moves. Pages that share a `storage` are tabs
 * of one browser; `answers` is what the collector says next (200 when nothing is left), "down" for no answer at all.
 */
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

const built = readFileSync(new URL("../../producers/collector/static/leadstream.js", import.meta.url), "utf8");

class Target {
  listeners = {};
  addEventListener(name, act) {
    (this.listeners[name] ??= []).push(act);
  }
  dispatch(name, event = {}) {
    for (const act of this.listeners[name] ?? []) act({ type: name, isTrusted: true, ...event });
  }
}

/** Like localStorage: keys are own properties, the methods are not. */
export const storage = () =>
  Object.create({
    getItem(key) {
      return Object.hasOwn(this, key) ? this[key] : null;
    },
    setItem(key, text) {
      this[key] = String(text);
    },
    removeItem(key) {
      delete this[key];
    },
  });

/** Time that all tabs of a test share. */
export class Clock {
  now = Date.UTC(2026, 0, 5, 9);
  timers = new Map();
  next = 1;

  set(act, wait_ms = 0) {
    this.timers.set(this.next, { act, at: this.now + wait_ms });
    return this.next++;
  }

  /** Moves on, running what is due in its order, and lets promises settle in between. */
  async pass(ms) {
    const until = this.now + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].act();
    }
    this.now = until;
  }
}

export const settle = () => new Promise((resolve) => setImmediate(resolve));

export class Page {
  sent = [];
  answers = [];
  window = new Target();
  document = new Target();

  constructor({ clock = new Clock(), local = storage(), path = "/", stub, gpc, prerendering } = {}) {
    const page = this;
    this.clock = clock;
    this.local = local;
    const started = clock.now;
    class FakeDate extends Date {
      constructor(...args) {
        super(...(args.length ? args : [clock.now]));
      }
      static now() {
        return clock.now;
      }
    }
    const location = new URL(path, "https://site.example");
    const script = { src: "https://c.example/leadstream.js", getAttribute: () => "wk_test", hasAttribute: () => false };
    Object.assign(this.document, {
      title: path,
      referrer: "",
      visibilityState: "visible",
      currentScript: script,
      prerendering,
      querySelector: () => script,
    });
    Object.assign(this.window, { leadstream: stub });
    const move = (_state, _title, to) => {
      location.href = new URL(to, location).href;
    };
    this.context = createContext({
      window: this.window,
      document: this.document,
      navigator: { globalPrivacyControl: gpc },
      location,
      history: { pushState: move, replaceState: move },
      localStorage: local,
      performance: { now: () => clock.now - started },
      Date: FakeDate,
      setTimeout: (act, ms) => clock.set(() => this.gone || act(), ms),
      clearTimeout: (timer) => clock.timers.delete(timer),
      queueMicrotask: (act) => queueMicrotask(() => this.gone || act()),
      fetch: (url, { body, keepalive }) => page.#answer({ url, body, keepalive, at: clock.now }),
      Blob,
      URL,
      crypto,
      AbortSignal,
    });
    runInContext(built, this.context);
  }

  get leadstream() {
    return this.window.leadstream;
  }

  async #answer(request) {
    const answer = this.answers.shift() ?? { status: 200 };
    this.sent.push({ ...request, answer, events: JSON.parse(request.body).batch });
    if (answer === "down") throw new TypeError("Failed to fetch");
    if (answer === "silent") return new Promise(() => {});
    return { status: answer.status, headers: new Headers(answer.headers) };
  }

  /** Events that were told 200. */
  get accepted() {
    return this.sent.filter(({ answer }) => answer.status === 200).flatMap(({ events }) => events);
  }

  named(name) {
    return this.accepted.filter((event) => (event.event ?? event.type) === name);
  }

  act(type = "wheel") {
    this.window.dispatch(type);
  }

  hide() {
    this.document.visibilityState = "hidden";
    this.document.dispatch("visibilitychange");
  }

  show() {
    this.document.visibilityState = "visible";
    this.document.dispatch("visibilitychange");
  }

  /** The page is left for good: it says goodbye and never runs again. */
  leave() {
    this.document.visibilityState = "hidden";
    this.window.dispatch("pagehide");
    this.document.dispatch("visibilitychange");
    this.gone = true;
  }

  /** The queues in the store that hold events. */
  get queues() {
    return Object.keys(this.local).filter((key) => key.includes(".queue.") && this.local[key].includes("\n"));
  }
}
