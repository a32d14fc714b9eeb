// A page that tells how things stand, and does not load the engine for it.
import { DegradationBanner } from "brownout/react";
import type { ReactNode } from "react";

export default function Page(): ReactNode {
  return <DegradationBanner lang="en" />;
}
