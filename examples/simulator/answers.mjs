// What each upstream says when it is well, in the shape of the real one, and when it is not.

const pad = (n) => String(n).padStart(8, "0");

const WELL = {
  afip: (n) => ({ cae: `7514${pad(n)}`, vencimiento: "2026-03-12", resultado: "A" }),
  mercadopago: (n) => ({ id: `pref-${pad(n)}`, init_point: `https://pay.example/${pad(n)}` }),
  whatsapp: (n) => ({ messages: [{ id: `wamid.${pad(n)}` }] }),
  openai: (n) => ({
    id: `chatcmpl-${pad(n)}`,
    choices: [{ message: { role: "assistant", content: "Su turno quedó confirmado." } }],
    usage: { prompt_tokens: 180, completion_tokens: 40, total_tokens: 220 },
  }),
  database: () => ({ ok: true }),
  redis: () => ({ ok: true }),
};

/** { status, headers, body } for a fate that ends in an answer at all. */
export function answer(upstream, number, fate) {
  switch (fate.mode) {
    case "error":
      return { status: fate.status, headers: {}, body: { error: "service unavailable" } };
    case "throttled":
      return {
        status: 429,
        headers: { "retry-after": String(fate.retry_after_s) },
        body: { error: "too many requests" },
      };
    case "unauthorised":
      return { status: 401, headers: {}, body: { error: "certificate rejected" } };
    default:
      return { status: 200, headers: {}, body: WELL[upstream](number) };
  }
}
