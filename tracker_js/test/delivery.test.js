import assert from "node:assert/strict";
import { test } from "node:test";
import { Page } from "./fake_page.mjs";

const gaps = (page) => page.sent.slice(1).map(({ at }, n) => at - page.sent[n].at);

test("waits grow, with chance in them, up to a minute", async () => {
  const page = new Page();
  page.answers.push(...Array(9).fill("down"));
  await page.clock.pass(400_000);
  const waits = gaps(page).slice(0, 8);
  waits.forEach((wait_ms, n) => {
    const most_ms = Math.min(1_000 * 2 ** n, 60_000);
    assert.ok(wait_ms >= most_ms / 2 && wait_ms <= most_ms, `${n}: ${wait_ms}`);
  });
  assert.equal(page.named("page").length, 1);
});

for (const [told, least_ms] of [
  ["7", 7_000],
  [new Date(Date.UTC(2026, 0, 5, 9, 0, 31)).toUTCString(), 30_000],
  ["1000000000", 300_000],
  ["soon", 500],
])
  test(`Retry-After: ${told}`, async () => {
    const page = new Page();
    page.answers.push({ status: 429, headers: { "Retry-After": told } });
    await page.clock.pass(400_000);
    const [wait_ms] = gaps(page);
    assert.ok(wait_ms >= least_ms && wait_ms <= least_ms + 1_000, `${wait_ms}`);
  });

test("a page that is left does not disturb a collector that asked for a pause", async () => {
  const page = new Page();
  page.answers.push({ status: 503, headers: { "Retry-After": "60" } });
  await page.clock.pass(2_000);
  page.leave();
  await page.clock.pass(0);
  assert.equal(page.sent.length, 1);
  assert.equal(page.queues.length, 1);
});

test("after a failure without a word it does: this may be the last chance", async () => {
  const page = new Page();
  page.answers.push("down");
  await page.clock.pass(1_100);
  page.leave();
  assert.equal(page.sent.length, 2);
});

test("a batch is at most 20 events and fits what may outlive a page", async () => {
  const page = new Page();
  for (let n = 0; n < 50; n++) page.leadstream.track("step", { text: "음".repeat(5_000) });
  for (let n = 0; n < 50; n++) page.leadstream.track("step", {});
  await page.clock.pass(5_000);
  assert.equal(page.named("step").length, 100);
  for (const { body, events, keepalive } of page.sent) {
    assert.ok(events.length <= 20 && Buffer.byteLength(body) <= 60_000, `${events.length} ${Buffer.byteLength(body)}`);
    assert.ok(keepalive);
  }
});

test("one request at a time; an identify goes at once", async () => {
  const page = new Page();
  page.leadstream.identify("u1", { email: "a@example.com" });
  await page.clock.pass(0);
  assert.deepEqual(page.sent[0].events.map(({ type }) => type), ["page", "identify"]);
  page.answers.push("silent");
  page.leadstream.track("step");
  await page.clock.pass(1_000);
  page.leadstream.identify("u1", {});
  await page.clock.pass(1_500);
  assert.equal(page.sent.length, 2);
});

test("the network is back: no need to wait", async () => {
  const page = new Page();
  page.answers.push(...Array(10).fill("down"));
  await page.clock.pass(16_000);
  const tries = page.sent.length;
  page.window.dispatch("online");
  await page.clock.pass(0);
  assert.equal(page.sent.length, tries + 1);
});

test("goes where the script came from, also under a path", async () => {
  const page = new Page();
  await page.clock.pass(1_000);
  assert.equal(page.sent[0].url, "https://c.example/v1/batch");
});

test("a second copy of the script leaves the first one alone", async () => {
  const first = () => {};
  const page = new Page({ stub: { track: first } });
  await page.clock.pass(2_000);
  assert.equal(page.leadstream.track, first);
  assert.equal(page.sent.length, 0);
});

test("a signal not to track means nothing kept and nothing sent", async () => {
  const before = new Page();
  await before.clock.pass(100);
  const page = new Page({ gpc: true, local: before.local, stub: [["identify", "u1"]] });
  page.leadstream.track("step");
  page.leave();
  await page.clock.pass(2_000);
  assert.deepEqual(page.sent, []);
  assert.deepEqual(Object.keys(page.local), []);
});
