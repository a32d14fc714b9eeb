// What every Next.js build is asked: is it one engine in all the copies of the code that Next.js makes?
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bin, freePort, install, launch, open, run, serve } from "./kit.mjs";

const BANNER = { es: "Algunas funciones están temporalmente limitadas: Facturación", en: "Some features are temporarily limited: Invoicing" };

/** Builds the app of a folder with one bundler, starts it and asks it. */
export const nextTests = (name, { bundler, flags = [], env = {} }) => describe(`${name}, ${bundler}`, () => {
  let server, browser, base;
  const json = async (path) => (await fetch(base + path)).json();

  before(async () => {
    const folder = install(name, "next");
    const next = bin(folder, "next");
    const said = run(folder, next, ["build", ...flags], env);
    assert.doesNotMatch(said, /node_modules\/brownout|file pattern|Critical dependency/, "the build warns of the package");
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    server = await serve(folder, next, ["start", "-H", "127.0.0.1", "-p", String(port)], { ready: /Ready in/, env });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    server?.stop();
  });

  test("instrumentation, routes, server component, its client component and proxy count in one engine", async () => {
    assert.deepEqual(await json("/api/engine"), { by: "route", granted: 2 });
    assert.match(server.output(), /instrumentation {"by":"instrumentation","granted":1}/);
    assert.deepEqual(await json("/api/other"), { by: "other", granted: 3, mail: false, services: ["afip"] });
    const html = await (await fetch(`${base}/`)).text();
    assert.match(html, /<pre id="rsc">{&quot;by&quot;:&quot;rsc&quot;,&quot;granted&quot;:4}<\/pre>/);
    assert.match(html, /<pre id="ssr">5<\/pre>/);
    assert.deepEqual(await json("/through-proxy"), { by: "proxy", granted: 6 });
    assert.deepEqual(await json("/api/engine"), { by: "route", granted: 7 });
  });

  test("an edge route has an engine of its own, from the module as a file", async () => {
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push(await json("/api/edge?fail"));
    const edge = { runtime: "edge", by: "edge" };
    assert.deepEqual(seen, [{ ...edge, granted: 1 }, { ...edge, granted: 2 }, { ...edge, granted: 3 }, { ...edge, granted: 3, code: "circuit_open" }]);
    assert.deepEqual(await json("/api/engine"), { by: "route", granted: 8 });
  });

  test("a page has an engine of its own too, and the banner loads without it", async () => {
    const { page, complaints } = await open(browser, `${base}/`);
    await page.locator("#page", { hasText: "circuit_open" }).waitFor();
    assert.equal(await page.locator("#page").textContent(), "1, 2, 3, 3 circuit_open");
    await page.locator("#feature", { hasText: "healthy" }).waitFor();
    assert.equal(await page.getByRole("status").textContent(), "");
    assert.deepEqual(complaints, []);
    await page.close();

    const small = await browser.newPage();
    const sizes = [];
    small.on("response", (response) => { if (/\.js/.test(response.url())) sizes.push(response.body().then((body) => body.length)); });
    await small.goto(`${base}/banner`);
    await small.locator("[role=status][data-status=healthy]").waitFor({ state: "attached" });
    const bytes = Math.max(...(await Promise.all(sizes)));
    assert.ok(bytes > 10_000 && bytes < 400_000, `the largest script has ${bytes} bytes: the engine is in it`);
    await small.close();
  });

  test("a breaker that a route opens is open everywhere, and the page says so", async () => {
    // 1 to 8 above, and the page's own two: in the server component and in its client component
    for (const granted of [11, 12, 13]) assert.deepEqual(await json("/api/engine?fail"), { by: "route", granted });
    for (const [path, by] of [["/api/engine", "route"], ["/through-proxy", "proxy"]]) {
      assert.deepEqual(await json(path), { by, granted: 13, code: "circuit_open" });
    }
    const html = await (await fetch(`${base}/`)).text();
    assert.match(html, /&quot;granted&quot;:13,&quot;code&quot;:&quot;circuit_open&quot;/);
    assert.match(html, /<pre id="ssr">circuit_open<\/pre>/);
    assert.ok(html.includes(BANNER.es), "the banner is in the first paint");
    const health = await json("/api/health?detailed=true");
    assert.deepEqual([health.status, health.breakers.afip.state, health.traffic.afip.granted], ["degraded", "open", 13]);

    for (const [path, lang] of [["/", "es"], ["/banner", "en"]]) {
      const { page, complaints } = await open(browser, base + path);
      await page.getByRole("status").filter({ hasText: BANNER[lang] }).waitFor();
      assert.deepEqual(complaints, []);
      await page.close();
    }
  });
});
