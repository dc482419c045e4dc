// The report's page in Chromium: what it shows, that it needs no network, that keyboard and screen reader get all of it.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {Browser, packages} from './browser.mjs';

const report = (name) => path.join(process.env.WEB_REPORTS, `${name}.html`);
const axe = readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');
let browser;

before(async () => {
  browser = await Browser.launch();
});
after(() => browser.close());

async function withPage(name, options, look) {
  const page = await browser.open(report(name), options);
  try {
    await look(page);
    assert.deepEqual(page.complaints, []);
  } finally {
    await page.close();
  }
}
const text = (page, selector) => page.locator(selector).first().innerText();
const slider = (page) => page.getByRole('slider', {name: 'Moment of the run'});

test('one file, nothing fetched, texts of the run are texts', () => withPage('both', {}, async (page) => {
  assert.deepEqual(browser.asked, []);
  assert.equal(await page.title(), 'made-up · meshtwin');
  assert.match(await text(page, '#settings pre'), /<\/script><script>document\.title/);
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith('data:')));
  assert.deepEqual(loaded, []);
}));

test('the verdict names what is not met, in words and by sign', () => withPage('both', {}, async (page) => {
  assert.match(await text(page, '.verdict'), /1 of 2 expectations is not met/);
  const row = page.locator('.verdict tr', {hasText: 'latency_p99'});
  assert.match(await row.innerText(), /20\.0 ms ✗\s+not met/);
  assert.match(await page.locator('.error-plot .figure').first().textContent(), /^[−+]\d+\.\d %$/);
}));

test('the keyboard reaches the slider and walks it', () => withPage('both', {}, async (page) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the verdict');
  for (let presses = 0; presses < 60; ++presses) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.getAttribute('type') === 'range')) break;
  }
  const at = async () => Number(await slider(page).inputValue());
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Moment of the run');
  await page.keyboard.press('Home');
  assert.equal(await at(), 0);
  await page.keyboard.press('ArrowRight');
  assert.ok(Math.abs((await at()) - 0.2) < 1e-6, 'an arrow is a slice');
  await page.keyboard.press('PageUp');
  assert.ok(Math.abs((await at()) - 4.2) < 1e-6, 'a page is a tenth of the run');
  assert.equal(await slider(page).getAttribute('aria-valuetext'), '4.20 s, start');
  await page.keyboard.press('End');
  assert.equal(await at(), 40);
  assert.match(await page.locator('#replay-live').textContent(), /^Stopped at 40\.00 s, after restore/);
}));

test('play moves on, pause stops, events are jumped to', () => withPage('both', {}, async (page) => {
  await slider(page).press('Home');
  await page.getByRole('button', {name: 'Play'}).press('Space');
  await page.waitForFunction(() => Number(document.querySelector('input[type=range]').value) > 0.1);
  assert.equal(await page.locator('#replay-live').textContent(), 'Playing');
  await page.getByRole('button', {name: 'Pause'}).press('Space');
  const stopped = await slider(page).inputValue();
  await page.waitForTimeout(100);
  assert.equal(await slider(page).inputValue(), stopped);
  await slider(page).press('Home');
  await page.getByRole('button', {name: 'Event →'}).click();
  assert.match(await text(page, '.clock'), /^12\.00 s$/);
}));

test('the picture shows what the events say: a crash in one zone, in both worlds', () => withPage('both', {}, async (page) => {
  await slider(page).press('Home');
  assert.equal(await page.locator('.topology .pod.faulted').count(), 0);
  assert.equal(await page.locator('.topology .pod.ready').count(), 2 * 14);
  await page.getByRole('button', {name: 'Go to 12.000 s'}).first().click();
  assert.equal(await page.locator('.topology .pod.faulted').count(), 2 * 2);
  assert.equal(await page.locator('.topology .pod.faulted path').count(), 2 * 2, 'not by colour alone');
  await slider(page).press('End');
  assert.equal(await page.locator('.topology .pod.faulted').count(), 0);
}));

test('each picture has its figures as a table', () => withPage('both', {}, async (page) => {
  for (const summary of ['Traffic at this moment as a table', 'Shares as a table', 'Percentiles as a table', 'Parts by hop as a table', 'The real spans as a table', 'This metric as a table']) {
    await page.getByText(summary, {exact: true}).click();
    await page.getByRole('region', {name: summary}).locator('tbody tr').nth(3).waitFor();
  }
  const traffic = page.getByRole('region', {name: 'Traffic at this moment as a table'});
  assert.match(await traffic.locator('tr', {hasText: 'load-0 (az-a) → frontend (az-a)'}).innerText(), /\d\/s/);
}));

test('a trace stands in both worlds, chosen by keyboard', () => withPage('both', {}, async (page) => {
  assert.match(await text(page, '#traces .note'), /3,000 of 6,000 requests are sampled .* Shown are \d+: /s);
  const list = page.getByRole('listbox', {name: 'Traces'});
  const chosen = () => list.getByRole('option', {selected: true}).getAttribute('id');
  await list.press('Home');
  const first = await chosen();
  await list.press('ArrowDown');
  const second = await chosen();
  assert.notEqual(first, second);
  assert.equal(await list.getAttribute('aria-activedescendant'), second);
  assert.equal(await text(page, '.trace-main code'), second.replace('trace-', ''));
  assert.equal(await page.locator('.waterfall').count(), 2);
  assert.equal(await page.locator('.waterfall').first().locator('.span').count(), 12);
}));

test('light and dark, by the system and by choice', async () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await withPage('both', {colorScheme: 'dark'}, async (page) => {
    const dark = await ground(page);
    await page.getByRole('radio', {name: 'Light'}).press('Space');
    const light = await ground(page);
    assert.notEqual(light, dark);
    await page.getByRole('radio', {name: 'Dark'}).press('Space');
    assert.equal(await ground(page), dark);
    await page.getByRole('radio', {name: 'Auto'}).press('Space');
    await page.emulateMedia({colorScheme: 'light'});
    assert.equal(await ground(page), light);
  });
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1440, 400]) {
    test(`axe finds nothing to complain of, ${colorScheme}, ${width} wide`, () => withPage('both', {colorScheme, width}, async (page) => {
      for (const summary of await page.locator('.as-table > summary').all()) await summary.click();
      await page.evaluate(axe);
      const {violations} = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
      assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`), []);
    }));
  }
}

test('nothing is wider than a narrow page', () => withPage('both', {width: 400}, async (page) => {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 400);
}));

test('several runs: a table of them, and a way to look at each', () => withPage('several', {}, async (page) => {
  assert.equal(await page.locator('#runs tbody tr').count(), 3);
  const before = await text(page, '.top p');
  await page.getByRole('combobox', {name: 'Run'}).selectOption({index: 1});
  assert.notEqual(await text(page, '.top p'), before);
  assert.equal(await page.locator('#runs tbody tr[aria-current=true]').count(), 1);
  assert.match(await text(page, '#error-of-set-0 h2'), /over all runs in .*several$/);
}));

test('one world alone, and a run that did not finish', async () => {
  await withPage('alone', {}, async (page) => {
    assert.match(await text(page, '.top p'), /modelled only/);
    assert.equal(await page.locator('#error').count(), 0);
    assert.equal(await page.locator('.topology').count(), 1);
  });
  await withPage('unfinished', {}, async (page) => {
    assert.match(await text(page, '.verdict'), /The real and the modelled run did not finish/);
    assert.ok(await page.locator('.topology .pod').count() > 0);
  });
});
