//! Says what each number of the page means. `docs/how-to/read-the-overview.md` says the same at length.

use maud::{Markup, html};

const MEANINGS: [(&str, &str); 11] = [
    (
        "Gross",
        "All money that was taken from players, in the hour in which the provider says it was: for sessions, too \
         late for one, or in dispute. Each currency for itself; nothing is converted or added across currencies.",
    ),
    (
        "Refunded",
        "Money that is back with players, in the hour in which the provider says so. A refund counts in its own \
         hour, not in that of its payment.",
    ),
    ("Net", "Gross less refunded. Below zero, if more went back than came in."),
    (
        "Payments",
        "Sessions that became paid in the span, whenever they were created. Money that came too late is none.",
    ),
    ("Sessions created", "Sessions that the game’s server created in the span."),
    (
        "Conversion",
        "Of the sessions created in the span, how many are paid by now. The steps before it count the same \
         sessions: their page was opened, a first payment was started.",
    ),
    (
        "Declined attempts",
        "Attempts to pay that the provider declined, in the hour in which it did. A session may have up to three.",
    ),
    (
        "Attempts, by method",
        "Payments that players started, in the hour in which they did, whatever came of them.",
    ),
    (
        "Taken at first attempt",
        "Of the messages that were sent, how many the endpoint answered with 2xx at the first attempt.",
    ),
    (
        "Waiting, given up",
        "Messages that are still to be sent now, and those that no attempt is made for any more.",
    ),
    (
        "A week before",
        "The same hours of the same weekdays, as far as whole hours are over in this span; beside 28 days, of the \
         28 days before. The hour under way counts in the large numbers, and in no comparison.",
    ),
];

/// Draws it, folded away.
pub(super) fn meanings() -> Markup {
    html! {
        details {
            summary { "What these numbers mean" }
            dl class="meanings" {
                @for (name, meaning) in MEANINGS { div { dt { (name) } dd { (meaning) } } }
            }
        }
    }
}
