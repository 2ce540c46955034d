import { read, remove, write } from "./store.js";
import { uuid } from "./uuid.js";

/** Who this browser is. Read from the store each time, so that all its tabs agree, also after a reset in one of them. */

/** @returns {string} */
export const anonymousId = () => {
  const known = read("anonymousId");
  if (known) return known;
  const made = uuid();
  write("anonymousId", made);
  return made;
};

/** @returns {string | undefined} */
export const userId = () => read("userId");

/** @param {unknown} id */
export const rememberUser = (id) => write("userId", String(id));

/** The next event belongs to somebody else. */
export const forgetVisitor = () => {
  remove("userId");
  remove("anonymousId");
};
