import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } from "@snowplow/node-tracker";

import { drive } from "./run.mjs";

const GIVE_UP_MS = 200_000;
const described = (name, data) =>
  buildSelfDescribingEvent({ event: { schema: `iglu:example.shop/${name}/jsonschema/1-0-0`, data } });
// An event of the journey -> what a user of Snowplow would send.
const events = {
  page: ({ name, properties }) => buildPageView({ pageUrl: properties.url, pageTitle: name }),
  track: ({ properties }) => described("plan_chosen", properties),
  identify: ({ traits }) => described("user", traits),
  group: ({ traits }) => described("group", traits),
  alias: ({ previousId }) => buildStructEvent({ category: "account", action: "joined", label: previousId }),
};

// What failed stays in its queue until somebody flushes or another event comes.
export const play = (eventMethod) => async ({ url, key, patience_s, journey, log }) => {
  const { hostname, port } = new URL(url);
  let left = journey.length;
  const tracker = newTracker(
    { namespace: "shop", appId: key },
    {
      endpoint: hostname,
      port: Number(port),
      protocol: "http",
      eventMethod,
      connectionTimeout: patience_s * 1_000,
      onRequestSuccess: (batch) => (left -= batch.length),
      onRequestFailure: ({ willRetry, message }) => willRetry || log(message),
    },
  );
  for (const said of journey) {
    tracker.setUserId(said.userId);
    tracker.track(events[said.type](said));
  }
  for (const until = Date.now() + GIVE_UP_MS; left > 0 && Date.now() < until; await pause(50)) await tracker.flush();
  if (left > 0) log(`${left} events are left`);
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) await drive(play("post"));
