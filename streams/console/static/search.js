// The search field: `/` goes there, arrows walk through the results, Escape closes them. htmx fetches as one types.
(() => {
  "use strict";

  const place = () => document.getElementById("find");
  const field = () => document.getElementById("find-text");
  let wanted = true; // an answer that comes after the results were closed must not open them again
  const close = () => {
    wanted = false;
    document.getElementById("find-found")?.replaceChildren();
  };

  const walk = (step) => {
    const stops = [field(), ...place().querySelectorAll(".find-list a")];
    const at = stops.indexOf(document.activeElement);
    if (at >= 0) stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  };

  document.addEventListener("keydown", (event) => {
    const on = event.target;
    if (!place() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "/" && !on.closest("input, textarea, select, [contenteditable]")) {
      event.preventDefault();
      field().focus();
      field().select();
    } else if (place().contains(on) && event.key === "Escape" && document.getElementById("find-found").hasChildNodes()) {
      event.preventDefault(); // the second Escape empties the field
      close();
      field().focus();
    } else if (place().contains(on) && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      walk(event.key === "ArrowDown" ? 1 : -1);
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target === field()) wanted = true;
  });

  // An answer that comes while somebody walks through the results of the one before leaves them where they are.
  let stood = null;
  document.addEventListener("htmx:before:swap", (event) => {
    if (event.target !== field()) return;
    if (!wanted) event.preventDefault();
    const on = document.activeElement;
    stood = document.getElementById("find-found").contains(on) ? on.getAttribute("href") : null;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (stood === null || event.target !== field()) return;
    const links = [...place().querySelectorAll("#find-found a")];
    (links.find((one) => one.getAttribute("href") === stood) ?? field()).focus();
  });

  document.addEventListener("click", (event) => {
    if (place() && !place().contains(event.target)) close();
  });
})();
