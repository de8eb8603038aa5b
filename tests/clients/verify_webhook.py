"""Checks a webhook's signatures with code that is not ours: Stripe's own library, the Standard
Webhooks package, and the recipe of the guide as a game studio would type it in.

stdin:  [{"secret": "whsec_…", "headers": {lower-case name: value}, "body_base64": "…"}, …]
stdout: [{"stripe": bool, "standard": bool, "guide": bool, "errors": {check: why it was refused}}, …]
"""

import base64
import hashlib
import hmac
import json
import sys
import time

import standardwebhooks
import stripe


def verify_by_the_guide(secret, headers, raw_body):
    # 1. Parse `t` and `v1` from the signature header.
    signature = dict(part.split("=", 1) for part in headers["x-toffeepay-signature"].split(","))
    t, v1 = signature["t"], signature["v1"]
    # 2. Compute the expected signature.
    signed_payload = t.encode() + b"." + raw_body
    expected_signature = hmac.new(secret.encode(), signed_payload, hashlib.sha256).hexdigest()
    # 3. Validate that `t` is within 5 minutes.
    if abs(time.time() - int(t)) > 5 * 60:
        raise ValueError("t is not within 5 minutes")
    # 4. Use a constant-time comparison to compare signatures.
    if not hmac.compare_digest(expected_signature, v1):
        raise ValueError("the signatures differ")


def verify_by_stripe(secret, headers, raw_body):
    header = headers.get("x-toffeepay-signature")
    stripe.Webhook.construct_event(raw_body, header, secret)


def verify_by_standard_webhooks(secret, headers, raw_body):
    standardwebhooks.Webhook(secret).verify(raw_body, headers)


CHECKS = {
    "stripe": verify_by_stripe,
    "standard": verify_by_standard_webhooks,
    "guide": verify_by_the_guide,
}


def verdicts_on(delivery):
    raw_body = base64.b64decode(delivery["body_base64"])
    verdicts = {"errors": {}}
    for name, check in CHECKS.items():
        try:
            check(delivery["secret"], delivery["headers"], raw_body)
            verdicts[name] = True
        except Exception as error:  # Whatever a library raises, it has refused.
            verdicts[name] = False
            verdicts["errors"][name] = f"{type(error).__name__}: {error}"
    return verdicts


print(json.dumps([verdicts_on(delivery) for delivery in json.load(sys.stdin)]))
