// Talks to the host that the person chose, and to the simulator. Times out rather than piling up.

const PATIENCE_MS = 4000;

async function json(url, options) {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  if (!response.ok && response.status !== 503) throw new Error(`${response.status} from ${url}`);
  return response.json();
}

export const config = () => json("/api/config");

export const traffic = (host) => json(`${host}/api/traffic`);

export const timeline = (host, after) => json(`${host}/api/timeline?kinds=effect,refusal&after=${after}`);

export const control = (simulator) => json(`${simulator}/control`);

export const turn = (simulator, orders) =>
  json(`${simulator}/control`, { method: "POST", body: JSON.stringify(orders) });
