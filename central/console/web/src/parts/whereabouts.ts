// Whether a picture is there yet, asked by HEAD, a few at a time: the browser has six connections, the alerts need
// them more.
const AT_ONCE = 2;

/** "denied" is final; what is "away" may still come. */
export type Whereabouts = "here" | "denied" | "away";

const waiting: { url: string; answer: (found: Whereabouts) => void }[] = [];
let asking = 0;

async function ask(url: string): Promise<Whereabouts> {
  try {
    const { ok, status } = await fetch(url, { method: "HEAD" });
    return ok ? "here" : status === 403 || status === 410 ? "denied" : "away";
  } catch {
    return "away";
  }
}

function pump(): void {
  while (asking < AT_ONCE) {
    const next = waiting.shift();
    if (!next) return;
    asking += 1;
    void ask(next.url).then((found) => {
      asking -= 1;
      next.answer(found);
      pump();
    });
  }
}

export function whereabouts(url: string): Promise<Whereabouts> {
  return new Promise((answer) => {
    waiting.push({ url, answer });
    pump();
  });
}
