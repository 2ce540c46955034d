import { Analytics } from "@segment/analytics-node";

import { drive } from "./run.mjs";

await drive(async ({ url, key, patience_s, journey, log }) => {
  const analytics = new Analytics({ writeKey: key, host: url, httpRequestTimeout: patience_s * 1_000 });
  analytics.on("error", (error) => log(`${error.code}: ${error.reason?.message ?? error.reason}`));
  for (const { type, ...said } of journey) analytics[type](said);
  await analytics.closeAndFlush();
});
