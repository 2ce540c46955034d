// Every page's own part: load the SDK (`load` of its driver), then say the journey in its words.

async function play({ url, key, journey }) {
  const analytics = await load({ url, key });
  const calls = {
    page: ({ name, properties }) => analytics.page(name, properties),
    track: ({ event, properties }) => analytics.track(event, properties),
    identify: ({ userId, traits }) => analytics.identify(userId, traits),
    group: ({ groupId, traits }) => analytics.group(groupId, traits),
    alias: ({ userId, previousId }) => analytics.alias(userId, previousId),
  };
  for (const said of journey) calls[said.type](said);
}
