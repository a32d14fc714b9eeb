"use client";
// `brownout/react`: the state of the features as a hook, and the banner.
import { useMemo, useSyncExternalStore, type CSSProperties, type ReactNode } from "react";
import type { FeatureName } from "./names.js";
import { StatusClient, UNKNOWN, viewOf, type FeatureView, type StatusOptions, type StatusView } from "./status.js";

/** Which endpoint, in which language, and what the server already knew. */
export interface DegradationOptions extends Pick<StatusOptions, "url" | "lang" | "fetch"> {
  /** The body of `bo.health()`, passed down by the server component: the first paint is then right on both sides. */
  initial?: string | object | null;
  /** A client of your own. */
  client?: StatusClient;
}

/** What a component can know. */
export interface Degradation extends StatusView {
  /** May the feature be offered in full? */
  available(feature: FeatureName): boolean;
  feature(id: FeatureName): FeatureView | undefined;
}

const clients = new Map<string, StatusClient>();

/** One client per endpoint and language, however many components ask. */
function shared(o: DegradationOptions): StatusClient {
  if (o.client) return o.client;
  const key = `${o.url ?? ""}|${o.lang ?? ""}`;
  let client = clients.get(key);
  if (!client) {
    const { client: _, ...options } = o;
    client = new StatusClient(options);
    // on a server nobody subscribes, and the next request must not see this one's state
    if (typeof window !== "undefined") clients.set(key, client);
  }
  return client;
}

/** The state of the features; the component renders again when it changes. */
export function useDegradation(options: DegradationOptions = {}): Degradation {
  const { url, lang, client: own, initial } = options;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `initial` counts once, when the client is made
  const client = useMemo(() => shared(options), [url, lang, own]);
  const first = useMemo(() => (initial ? viewOf(initial, lang ?? "en") : UNKNOWN), [initial, lang]);
  const view = useSyncExternalStore(client.subscribe, client.getSnapshot, () => first);
  return useMemo(() => {
    const feature = (id: string): FeatureView | undefined => view.features.find((f) => f.id === id);
    return { ...view, feature, available: (id: string) => feature(id)?.available ?? true };
  }, [view]);
}

/** How the banner looks. */
export interface BannerProps extends DegradationOptions {
  className?: string;
  style?: CSSProperties;
  /** Something else than the core's sentence. */
  children?: (view: Degradation) => ReactNode;
}

/** Says which features are limited. Always in the page, empty while all is well, so that a screen reader hears the change. */
export function DegradationBanner({ className, style, children, ...options }: BannerProps): ReactNode {
  const view = useDegradation(options);
  return (
    <div role="status" aria-live="polite" aria-atomic="true" data-status={view.overall} className={className} style={style}>
      {children ? children(view) : view.banner}
    </div>
  );
}
