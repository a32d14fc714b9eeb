// `brownout/banner`: the banner without a framework. The live region stands in the page from the start and is empty while
// all is well: a screen reader announces only what changes inside a region that it already knows.
import { StatusClient, type StatusOptions, type StatusView } from "./status.js";

/** How the banner is put into the page. */
export interface BannerOptions extends StatusOptions {
  /** A client that others share. */
  client?: StatusClient;
  /** Where to put it; the top of the body when left out. */
  into?: Element;
  className?: string;
  /** Another sentence than the core's; `null` for none. */
  text?: (view: StatusView) => string | null;
}

/** Shows the banner, and returns what takes it away. */
export function mountBanner(options: BannerOptions = {}): () => void {
  const client = options.client ?? new StatusClient(options);
  const region = document.createElement("div");
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  region.setAttribute("aria-atomic", "true");
  region.className = options.className ?? "brownout-banner";
  const into = options.into ?? document.body;
  into.insertBefore(region, into.firstChild);
  const show = (): void => {
    const view = client.getSnapshot();
    const text = options.text ? options.text(view) : view.banner;
    region.dataset["status"] = view.overall;
    if (region.textContent !== (text ?? "")) region.textContent = text ?? "";
  };
  show();
  const leave = client.subscribe(show);
  return () => { leave(); region.remove(); };
}
