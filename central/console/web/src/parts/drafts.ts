// What was typed into a form and not sent: kept while the user looks elsewhere, gone when they leave.
const kept = new Map<string, unknown>();

export function draftOf<T>(form: string): T | null {
  return (kept.get(form) as T | undefined) ?? null;
}

export function keepDraft(form: string, values: unknown): void {
  if (values === null) kept.delete(form);
  else kept.set(form, values);
}

/** Somebody else sits down. */
export function forgetDrafts(): void {
  kept.clear();
}
