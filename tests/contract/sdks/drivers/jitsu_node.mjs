import { jitsuAnalytics } from "@jitsu/js";

import { drive } from "./run.mjs";

// It has no `alias`, sends each event by itself and never again.
await drive(async ({ url, key, journey, log }) => {
  const jitsu = jitsuAnalytics({ host: url, writeKey: key });
  const calls = {
    page: ({ name, properties }) => jitsu.page({ name, ...properties }),
    track: ({ event, properties }) => jitsu.track(event, properties),
    identify: ({ userId, traits }) => jitsu.identify(userId, traits),
    group: ({ groupId, traits }) => jitsu.group(groupId, traits),
  };
  for (const said of journey) await calls[said.type]?.(said)?.catch?.((error) => log(error));
});
