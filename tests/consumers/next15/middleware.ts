import { NextResponse, type NextRequest } from "next/server";
import { touch } from "./lib/brownout";

export async function middleware(request: NextRequest): Promise<NextResponse> {
  return NextResponse.json(await touch("proxy", request.nextUrl.searchParams.has("fail")));
}

export const config = { matcher: "/through-proxy", runtime: "nodejs" };
