//! The HTTP statuses with which a method may refuse, and what each means.

use crate::api::description::Method;

/// A status, the name of its answer in the document, and when it is given.
pub(super) type Refusal = (u16, &'static str, &'static str);

const INVALID: Refusal = (
    400,
    "Invalid",
    "A field breaks a rule (`invalid_argument`, `invalid_price`, …), or the object is not where it \
     would have to be (`session_not_pending`, `already_refunded`, …).",
);
const UNAUTHORIZED: Refusal =
    (401, "Unauthorized", "No key, or one that is malformed, unknown, revoked or expired.");
const FORBIDDEN: Refusal = (
    403,
    "Forbidden",
    "The game is not the key's (`invalid_game_id`), or the key lacks the scope (`missing_scope`).",
);
const NOT_FOUND: Refusal =
    (404, "NotFound", "There is no such object, or it is another game's or the other world's.");
const CONFLICT: Refusal = (
    409,
    "Conflict",
    "The `Idempotency-Key` was used with other parameters (`idempotency_conflict`), or what it was \
     used with is still running (`request_in_progress`: repeat it after `Retry-After` seconds).",
);
const NO_JSON: Refusal = (415, "UnsupportedMediaType", "The body says that it is no JSON.");
const TOO_MANY: Refusal =
    (429, "TooManyRequests", "`rate_limited`: repeat it after `Retry-After` seconds.");
const INTERNAL: Refusal = (500, "Internal", "Our fault; our logs say more under `X-Request-Id`.");
const UNAVAILABLE: Refusal = (
    503,
    "Unavailable",
    "Nothing was changed (`unavailable`), or it is not known (`outcome_unknown`). Repeat it, with \
     the same `Idempotency-Key`.",
);
const TOO_LATE: Refusal = (504, "TooLate", "Your own `Connect-Timeout-Ms` ran out.");

/// All of them.
pub(super) const ALL: [Refusal; 10] = [
    INVALID,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    CONFLICT,
    NO_JSON,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    TOO_LATE,
];

/// Those of one method.
pub(super) fn of(method: &Method) -> impl Iterator<Item = Refusal> {
    let (reads, has_body) = (method.reads, method.has_body);
    ALL.into_iter().filter(move |it| match it.0 {
        409 => !reads,
        415 => has_body,
        _ => true,
    })
}
