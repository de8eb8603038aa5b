// Checks a webhook's two signatures with code that is not ours: Stripe's own library and the
// Standard Webhooks package.
//
// stdin:  [{"secret": "whsec_…", "headers": {lower-case name: value}, "body_base64": "…"}, …]
// stdout: [{"stripe": bool, "standard": bool, "errors": {check: why it was refused}}, …]

import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

function verdictsOn({ secret, headers, body_base64: bodyBase64 }) {
  const body = Buffer.from(bodyBase64, "base64");
  const checks = {
    stripe: () => Stripe.webhooks.constructEvent(body, headers["x-toffeepay-signature"], secret),
    standard: () => new Webhook(secret).verify(body, headers),
  };
  const verdicts = { errors: {} };
  for (const [name, check] of Object.entries(checks)) {
    try {
      check();
      verdicts[name] = true;
    } catch (error) {
      verdicts[name] = false;
      verdicts.errors[name] = `${error.name}: ${error.message}`;
    }
  }
  return verdicts;
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(verdictsOn)));
