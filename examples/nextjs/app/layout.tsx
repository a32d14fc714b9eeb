import type { ReactNode } from "react";

export const metadata = { title: "Facturas" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="es">
      <body>{children}</body>
    </html>
  );
}
