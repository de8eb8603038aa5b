//! Draws what a month comes to, currency by currency: what finance closes.

use maud::{Markup, html};

use super::{
    beside::number,
    summary::{Flow, Volume},
    view::{Overview, compared},
};
use crate::{
    dashboard::views::{Column, table},
    money_text::format_sum,
};

const COLUMNS: [Column; 6] = [
    Column::plain("Currency"),
    Column::number("Paid"),
    Column::number("Paid late"),
    Column::number("Mismatched"),
    Column::number("Refunded"),
    Column::number("Net"),
];

/// Draws it.
pub(super) fn totals_section(it: &Overview) -> Markup {
    let name = it.hours.choice.month().map(|it| it.name()).unwrap_or_default();
    let caption = format!("Totals of {name}, by currency");
    html! {
        section class="totals" aria-labelledby="totals" {
            h2 #totals { "Totals of " (name) }
            (table(&caption, &COLUMNS, it.summary.volumes.iter().map(|of| row(of, it))))
            p class="hint" {
                "Net is paid, paid late and mismatched, less refunded. Nothing is converted, and fees of providers are not known here."
            }
        }
    }
}

fn row(of: &Volume, it: &Overview) -> Vec<Markup> {
    let written = |minor_units: i128| format_sum(minor_units, of.currency);
    let flow = |flow: Flow, one: &str, many: &str| {
        let count = flow.count.all;
        html! {
            @if count == 0 { span class="none" { "none" } } @else {
                span class="money" { (written(flow.money.all)) }
                span class="beside" { (number(count)) " " (if count == 1 { one } else { many }) }
            }
        }
    };
    let net = of.net();
    vec![
        html! { (of.currency.code()) },
        flow(of.paid, "payment", "payments"),
        flow(of.late, "payment", "payments"),
        flow(of.mismatched, "payment", "payments"),
        flow(of.refunded, "refund", "refunds"),
        html! {
            strong class="money" { (written(net.all)) }
            span class="beside" { (compared(net, &it.hours, &written)) }
        },
    ]
}
