export async function register(): Promise<void> {
  if (process.env["NEXT_RUNTIME"] !== "nodejs" || process.env["NEXT_PHASE"] === "phase-production-build") return;
  const { touch } = await import("./lib/brownout");
  console.log(`instrumentation ${JSON.stringify(await touch("instrumentation"))}`);
}
