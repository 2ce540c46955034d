// Keeps the page true: hears which cards changed (server-sent events), fetches the page anew and morphs what differs.
// Nothing here reads or builds HTML from data: the server escapes, htmx swaps.
(() => {
  "use strict";

  const TOGETHER_MS = 250; // changes within this time are fetched at once
  const EVERY_MS = 60_000;
  const AWAY_MS = 5_000; // a console that starts anew is back before
  const AGAIN_MS = 3_000;

  // As streams/console/shown.py says it, in the page's language: the server puts the texts beside the clock.
  const relative = (apart, [units, now, soon]) => {
    const length = Math.abs(apart);
    for (const [unit, past, pasts, ahead, aheads] of units) {
      if (length < unit) continue;
      const count = Math.floor(length / unit);
      const text = apart > 0 ? (count > 1 ? aheads : ahead) : count > 1 ? pasts : past;
      return text.replace("%(n)s", count);
    }
    return apart > 0 ? soon : now;
  };

  // The moment itself, as the clock on this wall shows it; without a script it is said in UTC.
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const wall = new Intl.DateTimeFormat(language, {
    year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
  });
  const exact = (at) => (Number.isNaN(new Date(at).getTime()) ? "" : wall.format(at));

  // The server's clock, so that a wrong clock here does not age what is shown.
  let ahead = 0;
  const setClock = () => {
    const now = Number(document.getElementById("live")?.dataset.now);
    if (now) ahead = Date.now() - now;
  };
  const age = () => {
    const now = Date.now() - ahead;
    const told = document.getElementById("live")?.dataset.times;
    if (!told) return;
    const texts = JSON.parse(told);
    for (const time of document.querySelectorAll("time[data-at]")) {
      const at = Number(time.dataset.at);
      const text = relative(at - now, texts);
      if (time.textContent !== text) time.textContent = text;
      const title = exact(at);
      if (title && time.title !== title) time.title = title;
    }
  };

  const versions = () =>
    new Map([...document.querySelectorAll("[data-card]")].map((card) => [card.id, card.dataset.version]));

  const highlight = (before) => {
    for (const card of document.querySelectorAll("[data-card]")) {
      if (before.get(card.id) === card.dataset.version) continue;
      card.classList.remove("is-fresh");
      void card.offsetWidth; // begins the animation again
      card.classList.add("is-fresh");
    }
  };

  let state = "connecting";
  const say = (next) => {
    state = next;
    const dot = document.getElementById("live-state");
    if (dot) dot.dataset.state = state;
  };

  const ask = () => fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual" });
  const isSignedOut = (answer) => answer.type === "opaqueredirect" || answer.status === 401;

  let fetching = false;
  let again = false;
  const refresh = async () => {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    behind = false;
    try {
      const answer = await ask();
      if (isSignedOut(answer)) {
        location.reload(); // meanwhile
        return;
      }
      const target = document.getElementById("live");
      if (!answer.ok || !target) return;
      const before = versions();
      const text = await answer.text();
      await htmx.swap({ text, target, select: "#live", swap: "outerMorph", sourceElement: target });
      setClock();
      age();
      say(state);
      highlight(before);
    } catch {
      // Away for a moment: the stream connects again, and then all is fetched.
    } finally {
      fetching = false;
      if (again) {
        again = false;
        soon();
      }
    }
  };

  let waiting = 0;
  const soon = () => {
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      refresh();
    }, TOGETHER_MS);
  };

  // Of several tabs with the same list that nobody looks at, one goes on as if somebody did: it tells of news. The others
  // come up to date when they are looked at.
  let first = !navigator.locks;
  let behind = false;
  const stand = (watched) =>
    navigator.locks?.request(`leadstream.first ${location.pathname} ${watched}`, () => {
      first = true;
      if (behind) refresh();
      return new Promise(() => {}); // until the tab is closed
    });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && behind) refresh();
  });

  const listen = (watched) => {
    const query = watched.split(" ").map((one) => `watch=${encodeURIComponent(one)}`).join("&");
    const stream = new EventSource(`/live?${query}`);
    let told = 0;
    let away = 0;
    stream.addEventListener("ready", () => {
      clearTimeout(away);
      away = 0;
      say("live");
      refresh(); // what changed between the page and the stream
    });
    stream.addEventListener("resync", () => {
      say("live");
      refresh();
    });
    // The session ended, or has another role: whoever is signed in still listens anew. Left to itself, the stream would be
    // asked for again before the page has gone.
    stream.addEventListener("over", async () => {
      stream.close();
      const answer = await ask().catch(() => null);
      if (answer && isSignedOut(answer)) location.reload();
      else listen(watched);
    });
    stream.addEventListener("lost", (event) => {
      say("lost");
      const time = document.querySelector("#lost time");
      const { since } = JSON.parse(event.data);
      if (!time || !since) return;
      time.dataset.at = since;
      time.dateTime = new Date(since).toISOString();
      age();
      document.getElementById("lost").hidden = false; // until the page is fetched anew
    });
    stream.addEventListener("changed", () => {
      if (document.visibilityState !== "visible" && !first) {
        behind = true;
        return;
      }
      // The first of a series at once, the rest together.
      const now = Date.now();
      if (now - told > TOGETHER_MS) refresh();
      else soon();
      told = now;
    });
    stream.addEventListener("error", () => {
      say("lost");
      away ||= setTimeout(() => {
        document.getElementById("offline").hidden = false; // until the page is fetched anew
      }, AWAY_MS);
    });
    addEventListener("pagehide", () => stream.close());
  };

  // A page that could not be made is asked for again once the console can make it.
  const askAgain = async () => {
    try {
      if ((await fetch("/readyz")).ok) location.reload();
    } catch {
      // Away too: the next turn asks again.
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("live")?.dataset.again !== undefined) setInterval(askAgain, AGAIN_MS);
    setClock();
    age();
    setInterval(age, 15_000);
    const watched = document.getElementById("live")?.dataset.watch;
    if (!watched) return;
    stand(watched);
    listen(watched);
    setInterval(() => document.visibilityState === "visible" && refresh(), EVERY_MS);
  });
})();
