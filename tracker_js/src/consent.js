import { drop, waiting } from "./queue.js";
import { read, write } from "./store.js";

/** What the person at this browser agreed to, by category; asked of nobody here, told by the page's banner.
 * @returns {Record<string, boolean> | undefined} */
export const agreed = () => JSON.parse(read("consent") || "0") || undefined;

/** Whether nothing at all may be told. */
export const refusedAll = () => {
  const answers = Object.values(agreed() || {});
  return answers.length > 0 && !answers.includes(true);
};

/** From now on, also on later pages. What waits of somebody who refuses is not sent any more.
 * @param {Record<string, boolean>} preferences such as `{ analytics: true }` */
export const consent = (preferences) => {
  write("consent", JSON.stringify(preferences));
  if (refusedAll()) drop(new Set(waiting()));
};
