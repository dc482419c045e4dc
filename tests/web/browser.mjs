// One Chromium for all tests of a file, without network: whatever a page asks for that is not a file is refused and
// remembered.
import {mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

// Packages are where the build put them: WEB_PACKAGES holds node_modules.
export const packages = createRequire(path.join(process.env.WEB_PACKAGES, 'package.json'));
const {chromium} = packages('playwright-core');

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
                   '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export class Browser {
  static async launch() {
    const one = new Browser();
    one.profile = mkdtempSync(path.join(tmpdir(), 'meshtwin-web-'));
    one.context = await chromium.launchPersistentContext(one.profile, {
      executablePath: '/usr/bin/chromium', args: ARGUMENTS, viewport: {width: 1440, height: 900},
    });
    one.asked = [];
    await one.context.setOffline(true);
    await one.context.route((url) => url.protocol !== 'file:' && url.protocol !== 'data:', (route) => {
      one.asked.push(route.request().url());
      return route.abort();
    });
    return one;
  }

  // A new page with the report in it; `complaints` collects what its console says.
  async open(file, {colorScheme = 'light', width = 1440} = {}) {
    const page = await this.context.newPage();
    page.complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') page.complaints.push(message.text());
    });
    page.on('pageerror', (error) => page.complaints.push(error.stack));
    await page.emulateMedia({colorScheme});
    await page.setViewportSize({width, height: 900});
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-ready]');
    return page;
  }

  async close() {
    await this.context.close();
    rmSync(this.profile, {recursive: true, force: true});
  }
}
