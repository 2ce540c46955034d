/**
 * What outlives a page: localStorage under one prefix. Reading or writing it may throw (blocked by a setting or a
 * sandbox, or full); then memory answers, and what it holds ends with the page.
 */
const PREFIX = "leadstream.";

/** Null-prototype: a key of anybody's making must not reach `Object.prototype`.
 * @type {Record<string, string>} */
const memory = Object.create(null);

/** @param {string} key */
export const read = (key) => {
  try {
    return localStorage.getItem(PREFIX + key) || memory[key];
  } catch {
    return memory[key];
  }
};

/**
 * @param {string} key
 * @param {string} text
 * @returns {boolean} whether it will outlive the page
 */
export const write = (key, text) => {
  try {
    localStorage.setItem(PREFIX + key, text);
    return true;
  } catch {
    memory[key] = text;
    return false;
  }
};

/** @param {string} key */
export const remove = (key) => {
  delete memory[key];
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Blocked: there was nothing.
  }
};

/** @returns {string[]} our keys, without the prefix */
export const keys = () => {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
};
