// The inbox at the keyboard, what became of an act, and notifications. Pages work without: buttons are forms.
// Texts that were tracked go nowhere but into a notification, as plain text.
(() => {
  "use strict";

  const KEYS_OFF = "leadstream.keys-off";
  const NOTIFY = "leadstream.notify";

  const kept = (name, otherwise) => {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const keep = (name, value) => {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  };

  // Focus: which alert somebody is at. An update may move it or take it away; focus stays there or at its place.
  const alerts = () => [...document.querySelectorAll("article.alert")];
  let at = null; // the element that has focus, the alert that it is in, and where that stood
  const remember = (element) => {
    const alert = element?.closest?.("article.alert");
    at = alert ? { element, id: alert.id, place: alerts().indexOf(alert) } : null;
  };
  const go = (alert) => {
    alert.focus();
    alert.scrollIntoView({ block: "nearest" });
  };
  const restore = () => {
    if (!at || document.activeElement !== document.body) return;
    const all = alerts();
    const same = document.getElementById(at.id);
    const next = same ?? all[Math.min(at.place, all.length - 1)];
    (at.element.isConnected && same?.contains(at.element) ? at.element : next)?.focus({ preventScroll: same !== null });
  };

  const walk = (step) => {
    const all = alerts();
    const here = all.findIndex((alert) => alert.contains(document.activeElement));
    const to = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    if (all[to]) go(all[to]);
  };

  // A key presses what carries it: in the alert that has focus, else on the page beside the alerts.
  const press = (key) => {
    const named = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === key);
    const here = document.activeElement.closest("article.alert");
    const found = named.find((one) => here?.contains(one)) ?? named.find((one) => !one.closest("article.alert"));
    found?.click();
    return Boolean(found);
  };

  const dialog = () => document.getElementById("keys");
  const showKeys = () => {
    const on = document.getElementById("keys-on");
    if (on) on.checked = !kept(KEYS_OFF, false);
    dialog()?.showModal();
  };

  const act = (event) => {
    const { key, target } = event;
    if (key === "j") walk(1);
    else if (key === "k") walk(-1);
    else if (key === "Enter" && target.matches("article.alert")) target.querySelector(".alert-lead a")?.click();
    else if (key === "Enter" || !press(key)) return;
    event.preventDefault();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    if (event.key === "?" && dialog()) {
      event.preventDefault();
      showKeys();
    } else if (!kept(KEYS_OFF, false)) act(event);
  });

  // What was done is said above the list, also when the alert has left it: the address names it.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form || location.pathname !== "/") return;
    const id = form.dataset.act || form.closest("article.alert")?.id.replace("alert-", "");
    if (!id) return;
    const address = new URL(location.href);
    address.searchParams.set("did", id);
    history.replaceState(null, "", address);
  });

  // What was told is kept where all tabs see the same at once: what one puts into localStorage another's process may
  // see later, whatever lock both take.
  const MOST_TOLD = 200;
  const told = (() => {
    let base;
    const opened = () =>
      (base ??= new Promise((resolve, reject) => {
        const asked = indexedDB.open("leadstream", 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore("told");
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      }));
    // Adds `ids` and answers with those that were new, in one step that no other tab comes between.
    return async (ids) => {
      const step = (await opened()).transaction("told", "readwrite");
      const store = step.objectStore("told");
      return new Promise((resolve, reject) => {
        let fresh = ids;
        const asked = store.get("ids");
        asked.onsuccess = () => {
          const before = asked.result ?? [];
          fresh = ids.filter((id) => !before.includes(id));
          if (fresh.length) store.put([...fresh, ...before].slice(0, MOST_TOLD), "ids");
        };
        step.oncomplete = () => resolve(fresh);
        step.onabort = () => reject(step.error);
      });
    };
  })();

  // Notifications: asked for when somebody presses the button; each alert is told once, whichever tab is first.
  const granted = () => "Notification" in window && Notification.permission === "granted" && kept(NOTIFY, false);
  const news = () => [...document.querySelectorAll("#news > li")];
  const seen = new Set(); // by this tab: most changes of a page bring no news
  const tell = async () => {
    const here = news().filter((one) => !seen.has(one.dataset.id));
    if (!here.length) return;
    for (const one of here) seen.add(one.dataset.id);
    const ids = here.map((one) => one.dataset.id);
    const fresh = await told(ids).catch(() => ids); // a browser that keeps nothing: the tag still shows it once
    if (!granted()) return;
    for (const one of here.filter((one) => fresh.includes(one.dataset.id))) {
      const shown = new Notification(one.dataset.title, { body: one.textContent, tag: `leadstream-${one.dataset.id}` });
      shown.addEventListener("click", () => {
        window.focus();
        location.assign(`/alerts/${encodeURIComponent(one.dataset.id)}`);
      });
    }
  };

  const ready = () => {
    const button = document.getElementById("notify");
    if (button && "Notification" in window) {
      const denied = Notification.permission === "denied";
      const text = denied ? button.dataset.denied : granted() ? button.dataset.on : button.dataset.off;
      if (button.textContent !== text) button.textContent = text;
      if (button.disabled !== denied) button.disabled = denied;
      button.setAttribute("aria-pressed", String(Boolean(granted())));
    }
    for (const one of ["Notification" in window && button, document.getElementById("show-keys")]) if (one?.hidden) one.hidden = false;
    tell();
    restore();
  };

  document.addEventListener("click", async (event) => {
    if (event.target.closest("#show-keys")) showKeys();
    if (!event.target.closest("#notify")) return;
    const on = granted();
    keep(NOTIFY, !on && (await Notification.requestPermission()) === "granted");
    ready();
  });
  window.addEventListener("storage", (event) => {
    if (event.key === NOTIFY) ready(); // another tab was told so
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") keep(KEYS_OFF, !event.target.checked);
  });
  document.addEventListener("focusin", (event) => remember(event.target));
  document.addEventListener("pointerdown", (event) => remember(event.target));
  document.addEventListener("DOMContentLoaded", () => {
    let waiting = false;
    new MutationObserver(() => {
      if (waiting) return;
      waiting = true; // all that one update changes together
      queueMicrotask(() => {
        waiting = false;
        ready();
      });
    }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["hidden"] });
    ready();
  });
})();
