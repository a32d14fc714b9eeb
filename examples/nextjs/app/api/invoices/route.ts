import { bo } from "@/lib/brownout";

export async function POST(request: Request) {
  const answer = await bo.fetch("afip")(process.env.AFIP_URL!, { method: "POST", body: await request.text() }).catch(() => null);
  if (answer?.ok) return Response.json(await answer.json());
  return Response.json({ queued: true }, { status: 202 });
}
