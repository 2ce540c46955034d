// The bundled build: the default one fetches half of itself from elsewhere.

async function load({ url, key }) {
  const analytics = new rudderanalytics.RudderAnalytics();
  analytics.load(key, url, { configUrl: url });
  return analytics;
}
