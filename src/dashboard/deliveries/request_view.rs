//! What every attempt of a message sends: where to, which headers, and the body, laid out and as it is.

use maud::{Markup, html};

use super::{attempts_view::block, json_text::laid_out, one_view::One};
use crate::dashboard::views::{readable, untrusted};

/// The most of a body that is shown, in characters: far more than any of ours has.
const BODY_CHARACTERS_MAX: usize = 256 * 1024;

/// The request, but for what is another one each time: the time and the signatures.
pub(super) fn request(one: &One<'_>) -> Markup {
    let url = one.known.endpoint.endpoint.url.as_str();
    html! {
        section aria-labelledby="request" {
            h2 #request { "Request" }
            p class="who" { "The same bytes in each attempt. The address is the endpoint’s now." }
            p { code { "POST " (untrusted(url)) } }
            @match &one.message.body {
                Some(bytes) => (body(&readable(bytes, BODY_CHARACTERS_MAX))),
                None => p class="none" { "The body cannot be opened: it was sealed under another key." },
            }
            p class="hint" {
                "Signatures (" code { "webhook-signature" } ", " code { "x-toffeepay-signature" } ") are made anew for each \
                 attempt and kept nowhere. Headers of answers are not kept, and of their bodies the first 16 KiB."
            }
        }
    }
}

fn body(raw: &str) -> Markup {
    html! {
        @match laid_out(raw) {
            Some(text) => {
                (block("Body, laid out", &text))
                details { summary { "The bytes as they are sent" } (block("Body, as it is sent", raw)) }
            }
            None => (block("Body, as it is sent", raw)),
        }
    }
}
