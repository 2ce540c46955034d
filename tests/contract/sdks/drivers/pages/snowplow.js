// It posts with credentials, and what failed waits for the next event or a flush.

async function load({ url, key }) {
  const sp = snowplowBrowserTracking;
  window.delivered = 0;
  const onRequestSuccess = (batch) => (window.delivered += batch.length);
  sp.newTracker("shop", url, { appId: key, connectionTimeout: 60_000, onRequestSuccess }); // by itself it waits for 5 s
  setInterval(() => sp.flushBuffer(), 200);
  const described = (name, data) =>
    sp.trackSelfDescribingEvent({ event: { schema: `iglu:example.shop/${name}/jsonschema/1-0-0`, data } });
  return {
    page: (title, { number }) =>
      sp.trackPageView({ title, context: [{ schema: "iglu:example.shop/step/jsonschema/1-0-0", data: { number } }] }),
    track: (event, properties) => described("plan_chosen", properties),
    identify: (userId, traits) => {
      sp.setUserId(userId);
      described("user", traits);
    },
    group: (groupId, traits) => described("group", traits),
    alias: (userId, previousId) => sp.trackStructEvent({ category: "account", action: "joined", label: previousId }),
  };
}
