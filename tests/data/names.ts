// The names of the policy `campotech`. Made by `brownout types`: make it again when the policy changes.
import "brownout";

declare module "brownout" {
  interface Register {
    services: "afip" | "database" | "mercadopago" | "openai" | "redis" | "storage" | "whatsapp";
    features: "ai.voice" | "ai.whatsapp" | "invoicing.afip" | "notifications.push" | "payments.mercadopago" | "tracking.realtime";
    limits: "day" | "hour" | "minute" | "rpm" | "tpm" | "whatsapp";
    keys: "tenant";
  }
}
