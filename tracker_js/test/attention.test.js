import assert from "node:assert/strict";
import { test } from "node:test";
import { Page } from "./fake_page.mjs";

const dwells = (page) => page.named("page_engaged").map(({ properties }) => properties.dwell_ms);

test("attention is told at 5, 10 and 30 s, each time as a whole", async () => {
  const page = new Page();
  for (let second = 0; second < 60; second += 10) {
    page.act();
    await page.clock.pass(10_000);
  }
  assert.deepEqual(dwells(page), [5_000, 10_000, 30_000]);
  const [view] = page.named("page");
  for (const { properties } of page.named("page_engaged")) {
    assert.equal(properties.page_id, view.messageId);
    assert.equal(properties.started_at, view.timestamp);
  }
});

test("thirty seconds after the last act nobody reads any more", async () => {
  const page = new Page();
  await page.clock.pass(2_000);
  page.act();
  await page.clock.pass(600_000);
  page.hide();
  await page.clock.pass(1_000);
  assert.deepEqual(dwells(page), [5_000, 10_000, 30_000, 32_000]);
});

test("an act after a pause starts the count again, without the pause", async () => {
  const page = new Page();
  await page.clock.pass(600_000);
  page.act();
  await page.clock.pass(4_000);
  page.hide();
  await page.clock.pass(1_000);
  assert.deepEqual(dwells(page), [5_000, 10_000, 30_000, 34_000]);
});

test("a page out of sight is not read", async () => {
  const page = new Page();
  await page.clock.pass(3_000);
  page.hide();
  await page.clock.pass(60_000);
  page.show();
  await page.clock.pass(2_500);
  page.leave();
  await page.clock.pass(0);
  assert.deepEqual(dwells(page), [3_000, 5_000, 5_500]);
});

test("a glance is told on leaving", async () => {
  const page = new Page();
  await page.clock.pass(1_200);
  page.leave();
  await page.clock.pass(0);
  assert.deepEqual(dwells(page), [1_200]);
});

test("a page that the browser only prepares is opened when somebody sees it", async () => {
  const page = new Page({ prerendering: true });
  await page.clock.pass(20_000);
  assert.deepEqual(page.sent, []);
  page.document.dispatch("prerenderingchange");
  await page.clock.pass(7_000);
  assert.equal(page.named("page").length, 1);
  assert.deepEqual(dwells(page), [5_000]);
});

test("a burst of acts is one act, and a resting pointer is none", async () => {
  const page = new Page();
  for (let n = 0; n < 20; n++) page.act();
  page.window.dispatch("pointermove", { movementX: 0, movementY: 0 });
  await page.clock.pass(600);
  page.window.dispatch("pointermove", { movementX: 0, movementY: 0 });
  page.window.dispatch("pointermove", { movementX: 3, movementY: 0 });
  page.window.dispatch("keydown", { isTrusted: false });
  page.leave();
  await page.clock.pass(0);
  assert.equal(page.named("page_engaged")[0].properties.interactions, 2);
});
