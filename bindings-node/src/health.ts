// What a health endpoint answers: the report of the core with its status code, for any framework.
import type { Brownout } from "./brownout.js";
import { BrownoutError } from "./errors.js";
import type { Facade } from "./facade.js";
import type { AskReport } from "./wire.gen.js";

/** Which report. Everything that is left out is the core's to choose. */
export interface HealthOptions {
  /** `health` looks at features, `ready` at this process, `live` at nothing. */
  view?: NonNullable<AskReport["view"]>;
  profile?: NonNullable<AskReport["profile"]>;
  format?: "json" | "simple" | "text" | "prometheus" | "openmetrics";
  detail?: NonNullable<AskReport["detail"]>;
  /** Hides what strangers must not read. */
  production?: boolean;
  /** What this tenant sees. */
  tenant?: string;
  lang?: string;
}

/** Ready to be sent. */
export interface HealthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @internal */
export function report(facade: Facade, o: HealthOptions = {}): HealthAnswer {
  const { tenant, view = "health", ...rest } = o;
  const d = facade.handle({ verb: "report", view, ...rest, ...(tenant === undefined ? {} : { keys: { tenant } }) });
  return {
    status: d.status ?? 200,
    headers: { "content-type": d.content_type ?? "application/json", "cache-control": "no-store" },
    body: d.body ?? "",
  };
}

/** How an endpoint behaves. */
export interface HealthHandlerOptions extends HealthOptions {
  /** Who may ask for `?detailed=true`; everybody when left out. */
  mayDetail?: (request: { headers: { get(name: string): string | null }; url: string }) => boolean;
}

const FORMATS = new Set(["json", "simple", "text", "prometheus", "openmetrics"]);

/** Options of a request: `?format=`, `?detailed=true`, `?lang=`, or the `Accept` header of a metrics scraper. */
function asked(url: URL, accept: string | null, o: HealthHandlerOptions, mayDetail: () => boolean): HealthOptions {
  const { mayDetail: _, ...answer } = o;
  const format = url.searchParams.get("format");
  if (format !== null && FORMATS.has(format)) answer.format = format as NonNullable<HealthOptions["format"]>;
  else if (format === null && answer.format === undefined && accept?.includes("application/openmetrics-text")) answer.format = "openmetrics";
  const detailed = url.searchParams.get("detailed") ?? url.searchParams.get("detail");
  if (detailed !== null && ["true", "1", "", "detailed"].includes(detailed) && mayDetail()) answer.detail = "detailed";
  const lang = url.searchParams.get("lang");
  if (lang !== null && /^[A-Za-z-]{2,16}$/.test(lang)) answer.lang = lang;
  return answer;
}

/** A route handler after web standards: `export const GET = healthHandler(bo)` in Next.js, Hono, Workers. */
export function healthHandler(bo: Brownout | (() => Brownout), options: HealthHandlerOptions = {}): (request: Request) => Response {
  return (request) => {
    const url = new URL(request.url, "http://localhost");
    const o = asked(url, request.headers.get("accept"), options, () => options.mayDetail?.(request) ?? true);
    const answer = answerOf(bo, o);
    return new Response(request.method === "HEAD" ? null : answer.body, { status: answer.status, headers: answer.headers });
  };
}

interface NodeRequest { url?: string | undefined; method?: string | undefined; headers: Readonly<Record<string, string | string[] | undefined>> }
interface NodeResponse { writeHead(status: number, headers: Readonly<Record<string, string>>): unknown; end(body?: string): unknown }

/** The same for `node:http`, Express and Fastify's raw objects. */
export function nodeHealthHandler(bo: Brownout | (() => Brownout), options: HealthHandlerOptions = {}): (request: NodeRequest, response: NodeResponse) => void {
  return (request, response) => {
    const get = (name: string): string | null => { const v = request.headers[name]; return typeof v === "string" ? v : (v?.[0] ?? null); };
    const url = new URL(request.url ?? "/", "http://localhost");
    const answer = answerOf(bo, asked(url, get("accept"), options, () => options.mayDetail?.({ headers: { get }, url: url.href }) ?? true));
    response.writeHead(answer.status, answer.headers);
    response.end(request.method === "HEAD" ? undefined : answer.body);
  };
}

function answerOf(bo: Brownout | (() => Brownout), o: HealthOptions): HealthAnswer {
  try {
    return (typeof bo === "function" ? bo() : bo).health(o);
  } catch (error) {
    // a question that the core does not take is the asker's mistake; an endpoint never throws
    const coded = error instanceof BrownoutError;
    const body = JSON.stringify(coded ? { error: { code: error.code, path: error.path } } : { error: { code: "engine_lost", path: "" } });
    return { status: coded && error.code !== "engine_lost" ? 400 : 503, headers: { "content-type": "application/json", "cache-control": "no-store" }, body };
  }
}
