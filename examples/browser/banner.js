// The banner in both languages and the state of every feature, decided in the page by the `status` build of the engine (wasm)
// from one health answer. Where it cannot be loaded at all, the page says so and shows what the server says.

const LANGUAGES = ["es", "en"];

/**
 * Polls `url()` as often as the engine says, on simulated time. onAnswer(body) gets each health body, onView({ es, en }) what
 * to show in each language, also when the last answer has become too old to be believed.
 */
export async function watchHealth({ url, simNow, speed, onAnswer, onView }) {
  const { StatusClient, viewOf } = await import("brownout/status");
  let body = null;
  const client = new StatusClient({
    lang: "es",
    now: simNow,
    setTimer: (fn, simMs) => setTimeout(fn, simMs / speed),
    clearTimer: clearTimeout,
    fetch: async (_, options) => {
      const asked = url();
      const response = await fetch(asked, { ...options, signal: AbortSignal.timeout(4000) });
      const text = await response.text();
      if (asked !== url()) throw new Error("another host was chosen meanwhile");
      body = text;
      onAnswer(JSON.parse(text));
      return new Response(text, { status: response.status, headers: response.headers });
    },
  });
  const show = () => {
    const es = client.getSnapshot();
    onView({ es, en: es.stale ? es : viewOf(body, "en", simNow()) });
  };
  client.subscribe(show);
  await client.refresh();
  return { refresh: () => client.refresh().then(show) };
}

const elements = new Map(LANGUAGES.map((lang) => [lang, document.querySelector(`#banner-${lang}`)]));

/** A text that stays is not written again: a screen reader would repeat it. */
export function renderBanner(views) {
  for (const [lang, element] of elements) {
    const text = views[lang].banner ?? "";
    if (element.textContent !== text) element.textContent = text;
  }
}
