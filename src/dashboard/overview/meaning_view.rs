//! Says what each number of the page means. `docs/how-to/read-the-overview.md` says the same at length.

use maud::{Markup, html};

const MEANINGS: [(&str, &str); 14] = [
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
    (
        "Paid, paid late, mismatched",
        "What gross is made of. Paid: money for its session. Paid late: money that came after its session was over; it is \
         given back. Mismatched: another amount was taken than was asked for; somebody has to settle it.",
    ),
    (
        "Net",
        "Paid, paid late and mismatched, less refunded: what was taken and not given back, by the hour of each. Below \
         zero, if more went back than came in. What providers keep for themselves is not known here.",
    ),
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
        "Taken at the first attempt",
        "Of the first attempts to deliver a message, how many the endpoint answered with 2xx: of the last 24 hours and \
         7 days, whatever the span, and the same as on the endpoint’s own page.",
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
    (
        "Months",
        "From the first day’s midnight to the next month’s, UTC. A month that is over stands beside all of the month \
         before, however many days each has; one under way beside as many hours of it. A month may still change after \
         its end, when a provider tells late.",
    ),
    (
        "Download CSV",
        "The same money, a line for each day and currency in which any moved, exact, as decimals and in minor units. The \
         file’s name says up to which moment it was counted.",
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
