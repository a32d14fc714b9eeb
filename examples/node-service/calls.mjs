// What the service does for its users: four calls to four upstreams, and what a user gets when one is not made.

export const CALLS = {
  invoice: {
    service: "afip",
    path: "/afip/wsfe/invoice",
    body: { type: "B", amount: "48500.00" },
    reply: (answer) => ({ cae: answer.cae }),
    fallback: () => ({ queued: true, message: "Su factura se emitirá cuando AFIP responda." }),
  },
  pay: {
    service: "mercadopago",
    path: "/mercadopago/checkout/preferences",
    body: { title: "Service de aire", amount: "48500.00" },
    reply: (answer) => ({ pay_at: answer.init_point }),
    fallback: () => ({ manual: true, message: "Puede pagar al técnico en persona o por transferencia." }),
  },
  message: {
    service: "whatsapp",
    path: "/whatsapp/v1/messages",
    body: { to: "+5491100000000", text: "Su técnico está en camino." },
    reply: (answer) => ({ id: answer.messages[0].id }),
    fallback: () => ({ sms: true, message: "El aviso se envía por SMS." }),
  },
  ask: {
    service: "openai",
    path: "/openai/v1/chat/completions",
    body: { model: "gpt-4-turbo", messages: [{ role: "user", content: "¿A qué hora llega el técnico?" }] },
    reply: (answer) => ({ message: answer.choices[0].message.content, ai_handled: true }),
    fallback: () => ({
      message: "Gracias por tu mensaje. Un representante te responderá en breve.",
      ai_handled: false,
    }),
  },
};
