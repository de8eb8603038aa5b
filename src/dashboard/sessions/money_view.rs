//! A session's money, line by line: what finance checks a statement against.

use maud::{Markup, html};

use super::{
    money::{Held, Movement, Of, movement},
    words::happened,
};
use crate::{
    dashboard::views::{Column, balance, change, copyable, moment, shown_money, table},
    domain::{currency::Currency, session::SessionEvent},
    event_store::LoadedEvent,
};

const COLUMNS: [Column; 5] = [
    Column::plain("What happened"),
    Column::text("When"),
    Column::number("Moved"),
    Column::number("Held"),
    Column::text("Id"),
];

/// Every movement, and every refund that was asked for, the first one first; then what it comes to.
pub(super) fn money(events: &[LoadedEvent<SessionEvent>]) -> Markup {
    let mut held = Held::default();
    let told = events.iter().filter_map(|it| Some((it, movement(&it.event)?)));
    let mut rows: Vec<_> = told.map(|(it, moved)| line(it, &moved, held.after(&moved))).collect();
    rows.extend(held.0.iter().map(|(currency, minor_units)| net(*currency, *minor_units)));
    html! {
        section aria-labelledby="money" {
            h2 #money { "Money" }
            @if rows.is_empty() { p class="none" { "No money has moved." } }
            @else { (table("Movements of money, in order, what is held for the game after each, and the net", &COLUMNS, rows)) }
        }
    }
}

fn line(it: &LoadedEvent<SessionEvent>, moved: &Movement<'_>, held: i128) -> Vec<Markup> {
    let currency = moved.amount.currency();
    vec![
        html! {
            a class="row-link" href={ "#" (it.envelope.event_id) } { (happened(&it.event)) }
            @if let SessionEvent::CaptureMismatched { expected, .. } = &it.event {
                p class="hint" { "asked for: " (shown_money(*expected)) }
            }
        },
        moment(it.event.occurred_at()),
        html! {
            @if moved.minor_units() == 0 { span class="hint" { "none of " (shown_money(moved.amount)) } }
            @else { (change(moved.minor_units(), currency)) }
        },
        balance(held, currency),
        match moved.of {
            Of::Payment(id) => copyable(id.as_str()),
            Of::Refund(id) => copyable(id.as_str()),
        },
    ]
}

/// What all lines of a currency come to.
fn net(currency: Currency, minor_units: i128) -> Vec<Markup> {
    vec![
        html! { strong { "Net in " (currency.code()) } },
        html! { span class="hint" { "by now" } },
        html! { strong { (change(minor_units, currency)) } },
        html! { strong { (balance(minor_units, currency)) } },
        html! { span class="hint" { "all of the above" } },
    ]
}
