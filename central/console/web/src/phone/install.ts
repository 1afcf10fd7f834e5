// The worker that keeps the application's shell, so that it opens without a link.
export function keepShell(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator) || !isSecureContext) return;
  navigator.serviceWorker.register("./sw.js").catch((error: unknown) => {
    console.info("the shell is not kept for times without a link", error);
  });
}
