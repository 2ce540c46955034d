/**
 * The tracker never hurts the page: whatever goes wrong inside, the caller sees nothing.
 *
 * @template {unknown[]} A
 * @param {(...args: A) => void} act
 * @returns {(...args: A) => void}
 */
export const safely =
  (act) =>
  (...args) => {
    try {
      act(...args);
    } catch {
      // A lost event is our loss; a broken page would be theirs.
    }
  };

/**
 * Listens for as long as the page lives: before anybody else, and without delaying a scroll.
 *
 * @param {EventTarget} target
 * @param {string} names separated by spaces
 * @param {(event: any) => void} act
 */
export const on = (target, names, act) => {
  for (const name of names.split(" ")) {
    target.addEventListener(name, safely(act), { capture: true, passive: true });
  }
};
