// It has no `alias`.

async function load({ url, key }) {
  const { jitsuAnalytics } = await import("/jitsu/jitsu.es.js");
  const jitsu = jitsuAnalytics({ host: url, writeKey: key });
  return { ...jitsu, alias: () => {}, page: (name, properties) => jitsu.page({ name, ...properties }) };
}
