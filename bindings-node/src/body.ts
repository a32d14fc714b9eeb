// A response whose body is watched: the call ends when the body does, not when the headers came.
import type { Waiting } from "./timers.js";

/** What watches a body. Of `ended`, `failed`, `cancelled` and `unread`, the first one counts. */
export interface BodyWatch {
  after(ms: number, fn: () => void): Waiting;
  readonly idleMs: number | undefined;
  /** What is left of the call's time. */
  readonly totalMs: number | undefined;
  late(kind: "idle" | "total"): Error;
  ended(): void;
  failed(error: unknown): void;
  cancelled(reason: unknown): void;
  /** The time ran out on a body that nobody ever read: no fault of the upstream. */
  unread(reason: unknown): void;
  /** Set when the caller's own signal ended it. */
  abortedBy(): unknown;
}

/** The same response with a watched body. Chunks are fetched only when they are asked for. */
export function guardedBody(response: Response, watch: BodyWatch): Response {
  const reader = response.body!.getReader();
  let touched = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let over = false;
  const stop = (error: Error): void => {
    if (over) return;
    over = true;
    if (touched) watch.failed(error); else watch.unread(error);
    controller?.error(error);
    void reader.cancel(error).catch(() => undefined);
  };
  const total = watch.totalMs === undefined ? undefined : watch.after(watch.totalMs, () => stop(watch.late("total")));
  const stream = new ReadableStream<Uint8Array>({
    start(c) { controller = c; },
    async pull(c) {
      touched = true;
      const idle = watch.idleMs === undefined ? undefined : watch.after(watch.idleMs, () => stop(watch.late("idle")));
      try {
        const { done, value } = await reader.read();
        idle?.clear();
        if (over) return;
        if (!done) { c.enqueue(value); return; }
        over = true;
        total?.clear();
        watch.ended();
        c.close();
      } catch (error) {
        idle?.clear();
        if (over) return;
        over = true;
        total?.clear();
        const reason = watch.abortedBy();
        if (reason !== undefined) watch.cancelled(reason); else watch.failed(error);
        c.error(error);
      }
    },
    cancel(reason) {
      if (over) return undefined;
      over = true;
      total?.clear();
      const gone = reader.cancel(reason).catch(() => undefined);
      watch.cancelled(reason);
      return gone;
    },
  }, { highWaterMark: 0 });
  const copy = new Response(stream, { status: response.status, statusText: response.statusText, headers: response.headers });
  // a constructed response forgets where it came from
  Object.defineProperties(copy, {
    url: { value: response.url }, redirected: { value: response.redirected }, type: { value: response.type },
  });
  return copy;
}
