import RudderAnalytics from "@rudderstack/rudder-sdk-node";

import { drive } from "./run.mjs";

// No time-out: it does not send again what it gave up, and its wait for Retry-After counts as part of the time.
await drive(async ({ url, key, journey, log }) => {
  const analytics = new RudderAnalytics(key, {
    dataPlaneUrl: url,
    flushInterval: 300,
    errorHandler: (error) => log(error.message),
  });
  await Promise.all(journey.map(({ type, ...said }) => new Promise((done) => analytics[type](said, done))));
});
