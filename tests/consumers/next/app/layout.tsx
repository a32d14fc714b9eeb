import type { ReactNode } from "react";

export const metadata = { icons: { icon: "data:," } };

export default function Layout({ children }: { children: ReactNode }): ReactNode {
  return <html lang="es"><body>{children}</body></html>;
}
