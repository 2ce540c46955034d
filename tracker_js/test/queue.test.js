import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock, Page, storage } from "./fake_page.mjs";

const browser = () => ({ clock: new Clock(), local: storage() });
const down = (page) => page.answers.push(...Array(100).fill("down"));
const ids = (page) => page.accepted.map(({ messageId }) => messageId);
const steps = (...pages) => pages.flatMap((page) => page.named("step")).map(({ properties }) => properties.n);

test("what a gone page left is sent by the next one", async () => {
  const tabs = browser();
  const first = new Page(tabs);
  down(first);
  first.leadstream.track("step", { n: 1 });
  await tabs.clock.pass(5_000);
  first.leave();
  const next = new Page(tabs);
  await tabs.clock.pass(2_000);
  assert.deepEqual(steps(next), [1]);
  assert.deepEqual(next.queues, []);
});

test("a page that comes back finds its events taken over and does not send them again", async () => {
  const tabs = browser();
  const first = new Page(tabs);
  down(first);
  first.leadstream.track("step", { n: 1 });
  await tabs.clock.pass(3_000);
  first.hide();
  await tabs.clock.pass(0);
  const second = new Page(tabs);
  first.answers = [];
  first.show();
  await tabs.clock.pass(120_000);
  assert.deepEqual(steps(first, second), [1]);
  first.leadstream.track("step", { n: 2 });
  await tabs.clock.pass(2_000);
  assert.deepEqual(steps(first), [2]);
});

test("a tab that is alive keeps its queue, a tab that crashed does not", async () => {
  const tabs = browser();
  const alive = new Page(tabs);
  const crashed = new Page(tabs);
  down(alive);
  alive.leadstream.track("step", { n: 1 });
  crashed.leadstream.track("step", { n: 2 });
  await tabs.clock.pass(100);
  crashed.gone = true;
  await tabs.clock.pass(130_000);
  const next = new Page(tabs);
  await tabs.clock.pass(2_000);
  assert.deepEqual(steps(next), [2]);
  assert.equal(next.queues.length, 1);
});

test("who clears the storage loses no event of the page that runs", async () => {
  const tabs = browser();
  const page = new Page(tabs);
  page.leadstream.track("step", { n: 1 });
  await tabs.clock.pass(10);
  for (const key of Object.keys(tabs.local)) delete tabs.local[key];
  await tabs.clock.pass(2_000);
  assert.deepEqual(steps(page), [1]);
});

test("what somebody else wrote into the store does no harm", async () => {
  const tabs = browser();
  tabs.local["leadstream.queue.x"] = '0\n{"messageId":"kept"}\n{broken\nnull\n"text"';
  tabs.local["leadstream.queue.y"] = "";
  tabs.local["leadstream.queue.z"] = "nonsense";
  const page = new Page(tabs);
  await tabs.clock.pass(2_000);
  assert.equal(ids(page)[0], "kept");
  assert.equal(page.accepted.length, 2);
  assert.equal(tabs.local["leadstream.queue.y"], undefined);
  assert.equal(tabs.local["leadstream.queue.z"], undefined);
});

test("a full store stops nobody", async () => {
  const tabs = browser();
  Object.getPrototypeOf(tabs.local).setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const page = new Page(tabs);
  page.leadstream.track("step", { n: 1 });
  await tabs.clock.pass(2_000);
  assert.deepEqual(steps(page), [1]);
  assert.equal(new Set(page.accepted.map(({ anonymousId }) => anonymousId)).size, 1);
});

test("what somebody agreed to travels with each event, also from later pages", async () => {
  const tabs = browser();
  const page = new Page(tabs);
  page.leadstream.consent({ analytics: true, ads: false });
  page.leadstream.track("step", { n: 1 });
  await tabs.clock.pass(2_000);
  page.leave();
  const next = new Page(tabs);
  next.leadstream.track("step", { n: 2 });
  await tabs.clock.pass(2_000);
  const said = [...page.accepted, ...next.accepted].filter(({ event }) => event === "step");
  const wanted = { categoryPreferences: { analytics: true, ads: false } };
  assert.deepEqual(said.map(({ context }) => context.consent), [wanted, wanted]);
});

test("what was agreed to before the script was there holds for the first page view", async () => {
  const tabs = browser();
  const page = new Page({ ...tabs, stub: [["track", "x"], ["consent", { analytics: true }]] });
  await tabs.clock.pass(2_000);
  const consents = page.accepted.map(({ context }) => context.consent?.categoryPreferences);
  assert.deepEqual(consents, [{ analytics: true }, { analytics: true }]);
});

test("who refuses all is told of no more, and what waited is dropped, until they agree", async () => {
  const tabs = browser();
  const page = new Page(tabs);
  page.leadstream.track("step", { n: 1 });
  page.leadstream.consent({ analytics: false });
  page.leadstream.track("step", { n: 2 });
  await tabs.clock.pass(5_000);
  assert.deepEqual(page.accepted, []);
  page.leadstream.consent({ analytics: true });
  page.leadstream.track("step", { n: 3 });
  await tabs.clock.pass(2_000);
  assert.deepEqual(steps(page), [3]);
});

test("a signature of the site's server travels in the context, with an id or without", async () => {
  const tabs = browser();
  const page = new Page(tabs);
  page.leadstream.identify({ email: "ann@acme.example" }, { signature: "abc" });
  page.leadstream.identify("u1", { email: "ann@acme.example" }, { signature: "def" });
  page.leadstream.identify("u1", { email: "ann@acme.example" });
  await tabs.clock.pass(2_000);
  const said = page.accepted.filter(({ type }) => type === "identify");
  assert.deepEqual(said.map(({ context }) => context.identity), [{ signature: "abc" }, { signature: "def" }, undefined]);
  assert.deepEqual(said.map(({ traits }) => traits.email), Array(3).fill("ann@acme.example"));
  assert.deepEqual(said.map(({ userId }) => userId), [undefined, "u1", "u1"]);
});
