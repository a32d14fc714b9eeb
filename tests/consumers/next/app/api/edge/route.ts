import { touch } from "@/lib/brownout";

export const runtime = "edge";

export async function GET(request: Request): Promise<Response> {
  return Response.json({ runtime: process.env["NEXT_RUNTIME"], ...(await touch("edge", new URL(request.url).searchParams.has("fail"))) });
}
