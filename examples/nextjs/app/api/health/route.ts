import { healthHandler } from "brownout";
import { bo } from "@/lib/brownout";

export const GET = healthHandler(bo);
