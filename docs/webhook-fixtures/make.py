"""Makes the fixtures anew, by the recipes of the guide and of Standard Webhooks and nothing of ours.

    python3 docs/webhook-fixtures/make.py
"""

import base64
import hashlib
import hmac
import json
import pathlib

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent.parent / "tests" / "golden" / "webhooks"
T = 1_717_000_000


def secret(fill):
    return "whsec_" + base64.b64encode(bytes([fill] * 32)).decode()


def v1(fill, t, body):
    signed = f"{t}.".encode() + body
    return hmac.new(secret(fill).encode(), signed, hashlib.sha256).hexdigest()


def message_id(body):
    return json.loads(body)["id"]


def standard(fill, t, body):
    signed = f"{message_id(body)}.{t}.".encode() + body
    digest = hmac.new(bytes([fill] * 32), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(fills, body, t=T):
    return {
        "X-ToffeePay-Signature": ",".join([f"t={t}"] + [f"v1={v1(it, t, body)}" for it in fills]),
        "webhook-id": message_id(body),
        "webhook-timestamp": str(t),
        "webhook-signature": " ".join(standard(it, t, body) for it in fills),
    }


def golden(name):
    return (GOLDEN / name).read_bytes().removesuffix(b"\n")


paid = golden("flat.session.paid.json")
refund = golden("envelope.refund.succeeded.json")
unicode = json.dumps(
    json.loads(paid) | {"user_id": "Zoë \u2014 金貨 🪙 \"quoted\" \\ / </script>"},
    ensure_ascii=False,
    separators=(",", ":"),
).encode()
BODIES = {
    "paid.json": paid,
    "refund.json": refund,
    "unicode.json": unicode,
    "paid-with-line-feed.json": paid + b"\n",
    "paid-reserialised.json": json.dumps(json.loads(paid)).encode(),
    "paid-tampered.json": paid.replace(b'"price":499', b'"price":498'),
}


def case(name, says, body="paid.json", of=None, fills=(1,), by=1, at=T, valid=True, change=None):
    """`of` is the body that was signed, `by` the secret that the receiver checks with."""
    both = headers(fills, BODIES[of or body])
    if change:
        both = {"X-ToffeePay-Signature": change(both["X-ToffeePay-Signature"])}
    return {
        "name": name,
        "says": says,
        "body": f"bodies/{body}",
        "headers": both,
        "secret": secret(by),
        "now": at,
        "valid": valid,
    }


CASES = [
    case("paid", "a flat session.paid"),
    case("refund", "an envelope", body="refund.json"),
    case("unicode", "a body whose bytes matter: take them raw", body="unicode.json"),
    case("at-the-limit", "300 seconds old: still new enough", at=T + 300),
    case("too-old", "301 seconds old: a replay", at=T + 301, valid=False),
    case("from-the-future", "301 seconds ahead: a clock is wrong", at=T - 301, valid=False),
    case("rotating-old", "old, new, old: checked with the old secret", fills=(1, 2, 1), by=1),
    case("rotating-new", "old, new, old: checked with the new secret", fills=(1, 2, 1), by=2),
    case("rotated-twice", "oldest, old, new, oldest", fills=(1, 2, 3, 1), by=2),
    case("another-secret", "signed with another secret", by=9, valid=False),
    case("tampered", "the price was changed", body="paid-tampered.json", of="paid.json", valid=False),
    case(
        "line-feed",
        "a line feed that was not signed",
        body="paid-with-line-feed.json",
        of="paid.json",
        valid=False,
    ),
    case(
        "reserialised",
        "parsed and written again",
        body="paid-reserialised.json",
        of="paid.json",
        valid=False,
    ),
    case("other-fields", "names that a verifier passes over", change=lambda it: it + ",v0=00,v2=ff"),
    case("no-time", "no t", change=lambda it: it.split(",", 1)[1], valid=False),
    case("no-signature", "no v1", change=lambda it: it.split(",", 1)[0], valid=False),
    case("odd-time", "t is no number", change=lambda it: it.replace(str(T), "now"), valid=False),
    case("cut-signature", "a v1 of 63 digits", change=lambda it: it[:-1], valid=False),
    case("empty-header", "an empty header", change=lambda _: "", valid=False),
]

for name, body in BODIES.items():
    (HERE / "bodies" / name).write_bytes(body)
text = json.dumps(CASES, indent=2, ensure_ascii=False)
(HERE / "cases.json").write_text(text + "\n", encoding="utf-8")
