// Nothing but the settings' address: they say where events go.

async function load({ url, key }) {
  const [analytics] = await AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: url });
  return analytics;
}
