import { healthHandler } from "brownout";
import { bo } from "@/lib/brownout";

export const dynamic = "force-dynamic";
export const GET = healthHandler(bo);
