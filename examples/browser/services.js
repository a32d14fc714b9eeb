// One card an upstream: its breaker as seen by the host, and the switch that breaks the upstream itself.

import { BREAKER, MODE, countdownText } from "./words.js";

const SHOWN = ["afip", "mercadopago", "whatsapp", "openai"];

export class Services {
  #cards = new Map();
  #host;
  #onTurn;

  constructor(host, onTurn) {
    this.#host = host;
    this.#onTurn = onTurn;
  }

  /** Breaker states of the health view. */
  render(services) {
    for (const service of services.filter((s) => SHOWN.includes(s.name))) {
      const card = this.#card(service.name);
      card.dataset.breaker = service.breaker;
      card.querySelector("h3").textContent = service.title;
      card.querySelector(".impact").textContent = `${service.impact} impact`;
      card.querySelector(".word").textContent = BREAKER[service.breaker] ?? service.breaker;
      card.querySelector(".note").textContent = note(service);
      card.retryAt = service.breaker === "open" ? service.retryAtMs : undefined;
      card.openedAt = service.sinceMs;
    }
  }

  /** Called several times a second: the countdown to the next attempt. */
  tick(nowMs) {
    for (const card of this.#cards.values()) {
      const left = card.retryAt === undefined ? undefined : card.retryAt - nowMs;
      card.querySelector(".countdown").textContent = left > 0 ? `tries again in ${countdownText(left)}` : "";
      const whole = Math.max(1, card.retryAt - card.openedAt);
      const share = left > 0 ? Math.min(100, (100 * left) / whole) : 0;
      card.querySelector(".wait").style.setProperty("--left", `${share}%`);
    }
  }

  /** What the simulator is doing to each upstream, as asked for at `askedAt`: an older answer undoes no newer switch. */
  switches(upstreams, askedAt) {
    for (const [name, card] of this.#cards) {
      const input = card.querySelector(`input[value="${upstreams[name]?.mode}"]`);
      if (input && askedAt > (card.turnedAt ?? 0)) input.checked = true;
    }
  }

  #card(name) {
    const known = this.#cards.get(name);
    if (known) return known;
    const card = document.querySelector("#service-template").content.firstElementChild.cloneNode(true);
    card.id = `service-${name}`;
    const modes = card.querySelector(".modes");
    modes.querySelector("legend").textContent = `Behaviour of the upstream ${name}`;
    for (const [mode, word] of Object.entries(MODE)) modes.append(this.#option(card, name, mode, word));
    const order = SHOWN.slice(SHOWN.indexOf(name) + 1);
    const next = order.map((n) => this.#cards.get(n)).find(Boolean);
    this.#host.insertBefore(card, next ?? null);
    this.#cards.set(name, card);
    return card;
  }

  #option(card, name, mode, word) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: `mode-${name}`, value: mode });
    const text = document.createElement("span");
    text.textContent = word;
    input.addEventListener("change", async () => {
      card.turnedAt = Number.POSITIVE_INFINITY;
      try {
        await this.#onTurn({ upstream: name, mode });
      } finally {
        card.turnedAt = performance.now();
      }
    });
    label.append(input, text);
    return label;
  }
}

function note(service) {
  const open = service.keysOpen ?? 0;
  if (open > 0 && service.breaker === "closed") {
    return open === 1 ? "Open for one organisation" : `Open for ${open} organisations`;
  }
  switch (service.breaker) {
    case "open":
      return "Calls get the fallback at once";
    case "forced_open":
      return "Held open by an order";
    case "half_open":
    case "half_open_idle":
      return "A few test calls decide";
    case "ramping":
      return "A growing share of calls passes";
    default:
      return service.throttled ? "The upstream asked for patience" : "Calls pass";
  }
}
