import { touch } from "@/lib/brownout";

export const dynamic = "force-dynamic";

export async function GET(request: Request): Promise<Response> {
  return Response.json(await touch("route", new URL(request.url).searchParams.has("fail")));
}
