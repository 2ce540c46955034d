// Live events: what the stream tells becomes rows, newest first. Every text of a stranger is put in as text, never as HTML.
(() => {
  "use strict";

  const MOST = 200; // rows that are kept
  const SAID = ["accepted", "left_out", "rejected"];

  const make = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const row = (one) => {
    const item = make("li", "event card");
    const details = make("details");
    const head = make("summary");
    head.append(
      make("span", `badge said said--${SAID.includes(one.said) ? one.said : "rejected"}`, word(one.said)),
      make("strong", "event-name", [one.type || word("typeless"), one.name].filter(Boolean).join(" · ")),
      make("span", "muted", `${one.source} (${word(one.trust)})`),
      make("time", "muted right", new Date(one.at).toLocaleTimeString()),
    );
    const why = [one.reason, one.detail].filter(Boolean).join(": ");
    const means = one.means.map(([name, points]) => (points === null ? name : `${name} ${points > 0 ? "+" : ""}${points}`));
    details.append(head, make("pre", "raw", one.text));
    if (one.cut) details.append(make("p", "muted small", numbered(document.getElementById("debugger-events").dataset.cut, one.cut)));
    item.append(details);
    if (why) item.append(make("p", "event-why", why));
    if (means.length) item.append(make("p", "event-means muted small", means.join(" · ")));
    return item;
  };

  // Texts stand in the page, in its language.
  const word = (name) => document.getElementById("debugger-events").dataset[name] ?? name;
  const numbered = (text, count) => text.replace("%(n)s", count.toLocaleString());

  document.addEventListener("DOMContentLoaded", () => {
    const find = (id) => document.getElementById(`debugger-${id}`);
    const list = find("events");
    if (!list) return;
    const state = find("state");
    const pause = find("pause");
    let paused = false;
    let held = []; // what came while paused, newest last
    let missed = 0; // of those, how many are not held any more
    let events = 0;
    let records = 0;
    let any = false;

    const say = (name, text) => {
      state.dataset.state = name;
      state.textContent = text;
    };
    const count = () => {
      const parts = [];
      const told = find("left-out").dataset;
      if (events + missed) parts.push(numbered(told.events, events + missed));
      if (records) parts.push(numbered(told.blocks, records));
      if (paused && held.length) parts.push(numbered(told.held, held.length));
      find("left-out").textContent = parts.join(" · ");
      find("left-out").hidden = !parts.length;
    };
    const show = (some) => {
      if (!some.length) return;
      if (!any) {
        any = true;
        find("empty").hidden = true;
        find("first").hidden = false;
      }
      list.prepend(...some.map(row).reverse());
      while (list.children.length > MOST) list.lastElementChild.remove();
    };

    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
      pause.setAttribute("aria-pressed", String(paused));
      if (!paused) {
        show(held);
        held = [];
      }
      count();
    });

    const stream = new EventSource(`/debugger/live${location.search}`);
    stream.addEventListener("listening", () => {
      say("live", state.dataset.live);
      find("away").hidden = true;
    });
    stream.addEventListener("away", (event) => {
      say("lost", state.dataset.away);
      find("why").textContent = JSON.parse(event.data).why;
      find("away").hidden = false;
    });
    stream.addEventListener("left_out", (event) => {
      const told = JSON.parse(event.data);
      events += told.events;
      records += told.records;
      count();
    });
    stream.addEventListener("arrived", (event) => {
      const some = JSON.parse(event.data);
      if (!paused) {
        show(some);
        return;
      }
      held.push(...some);
      missed += Math.max(0, held.length - MOST);
      held = held.slice(-MOST);
      count();
    });
    stream.addEventListener("error", () => say("lost", state.dataset.lost));
    addEventListener("pagehide", () => stream.close());
  });
})();
