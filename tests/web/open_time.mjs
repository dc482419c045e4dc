// open_time.mjs FILE REPEATS: how long a report takes until it stands, each time in a browser just started.
import {statSync} from 'node:fs';
import path from 'node:path';
import {Browser} from './browser.mjs';

const [file, repeats] = [path.resolve(process.argv[2]), Number(process.argv[3])];
const times = [];
for (let i = 0; i < repeats; ++i) {
  const browser = await Browser.launch();
  const page = await browser.open(file);
  // Two frames after the last of the page's script: what is drawn then is on the screen.
  times.push(await page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  })));
  await browser.close();
}
times.sort((a, b) => a - b);
const shown = (value) => `${Math.round(value)} ms`;
console.log(`${(statSync(file).size / 1e6).toFixed(2)} MB; opens in ${shown(times[times.length >> 1])} (median of ${repeats}, ${shown(times[0])} to ${shown(times[times.length - 1])})`);
