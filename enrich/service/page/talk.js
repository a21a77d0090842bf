// Asking the server: JSON, problems (RFC 9457), and lines that come as they are ready.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `the server answered ${status}`);
    this.status = status;
    this.body = body;
  }
}

async function checked(answer) {
  if (answer.ok) return answer;
  let body = {};
  try {
    body = await answer.json();
  } catch {
    // no problem document: the status has to do
  }
  throw new Problem(answer.status, body && typeof body === "object" ? body : {});
}

let token = null;
export function authorise(text) {
  token = text || null;
}

export async function ask(path, options = {}) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The server does not answer. Is enrich still running?" });
  }
  return checked(answer);
}

export async function askJson(path, body = undefined, options = {}) {
  const sent = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await ask(path, { ...sent, ...options })).json();
}

// Calls `received` with the values of whole lines, a portion at a time; of an answer that breaks off, with those that came.
export async function lines(answer, received) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({})); // broken off
    if (done === undefined) return;
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const end = done ? rest.length : rest.lastIndexOf("\n") + 1;
    const values = rest.slice(0, end).split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
    rest = rest.slice(end);
    if (values.length) received(values);
    if (done) return;
  }
}
