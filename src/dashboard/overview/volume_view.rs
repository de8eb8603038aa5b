//! Draws the money of one currency: what was taken, what went back, and when.

use maud::{Markup, html};

use super::{
    beside::number,
    hours::Hours,
    plot::{Plot, Standing, plot},
    summary::{Bucket, Volume},
    view::{compared, tile},
};
use crate::{
    dashboard::views::{Column, table},
    domain::currency::Currency,
    money_text::format_sum,
};

/// Draws it. The `index` is another one for each of a page.
pub(super) fn volume_section(it: &Volume, index: usize, hours: &Hours) -> Markup {
    let code = it.currency.code();
    let written = |minor_units: i128| format_sum(minor_units, it.currency);
    let heading = format!("volume-{index}");
    html! {
        section class="panel volume" aria-labelledby=(heading) {
            h2 id=(heading) { "Volume in " (code) (exponent_note(it.currency)) }
            dl class="tiles joined" {
                (tile("Net", &written(it.net().all), &compared(it.net(), hours, &written)))
                (tile("Gross", &written(it.gross().all), &compared(it.gross(), hours, &written)))
                (tile("Refunded", &written(it.refunded.money.all), &html! {
                    @if it.refunded.count.all != 0 { (refunds(it.refunded.count.all)) " · " } (compared(it.refunded.money, hours, &written))
                }))
                (tile("Payments", &number(it.paid.count.all), &compared(it.paid.count, hours, &number)))
            }
            (notes(it, &written))
            (drawing(it, &heading, hours, &written))
            (in_words(it, hours, &written))
        }
    }
}

fn refunds(count: i128) -> String {
    if count == 1 { "1 refund".to_owned() } else { format!("{} refunds", number(count)) }
}

/// Money that was written when its currency had other digits is kept apart, and says so.
fn exponent_note(currency: Currency) -> Markup {
    let today = Currency::parse(currency.code()).ok().map(Currency::exponent);
    html! {
        @if today != Some(currency.exponent()) {
            " " span class="hint" { "(as written with " (currency.exponent()) " decimals)" }
        }
    }
}

/// What of the gross is no usual payment.
fn notes(it: &Volume, written: &dyn Fn(i128) -> String) -> Markup {
    html! {
        @if it.late.count.all != 0 {
            p class="hint" {
                "Of the gross, " (written(it.late.money.all)) " came after its session was over (" (times(it.late.count.all)) "). It is given back, and counts as refunded once it is."
            }
        }
        @if it.mismatched.count.all != 0 {
            p class="hint" {
                "Of the gross, " (written(it.mismatched.money.all)) " is in dispute: another amount was taken than was asked for (" (times(it.mismatched.count.all)) ")."
            }
        }
    }
}

fn times(count: i128) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", number(count)) }
}

fn drawing(it: &Volume, id: &str, hours: &Hours, written: &dyn Fn(i128) -> String) -> Markup {
    let choice = hours.choice;
    let bars = it.buckets.iter().enumerate().map(|(bucket, of)| Standing {
        now: (of.gross, of.refunded),
        before: of.gross_before,
        told: told(of, bucket, hours, written),
        mark: hours.bucket_mark(bucket),
        is_running: Some(bucket) == hours.running_bucket(),
    });
    let bars: Vec<Standing> = bars.collect();
    let most =
        it.buckets.iter().enumerate().max_by_key(|(index, of)| (of.gross, usize::MAX - index));
    let most = most.filter(|(_, of)| 0 < of.gross).map(|(index, of)| {
        format!(
            " The most in one {} is {}, {}.",
            choice.bucket(),
            written(of.gross),
            hours.bucket_name(index)
        )
    });
    let told = format!(
        "Gross {} in {} by {} as bars, refunds below, {} as a line.{} The same numbers stand in the table below.",
        choice.this(),
        it.currency.code(),
        choice.bucket(),
        choice.before(),
        most.unwrap_or_default(),
    );
    let at_side = |value: i128| without_zeros(written(value), it.currency);
    let drawn = Plot { id, told: &told, bars: &bars, written: &at_side };
    html! {
        figure {
            (plot(&drawn))
            figcaption class="legend" {
                span { (key("bar")) "Gross " (choice.this()) }
                @if hours.is_running() { span { (key("running")) (choice.bucket()) " under way" } }
                @if it.buckets.iter().any(|it| 0 < it.refunded) { span { (key("out")) "refunded" } }
                @if it.buckets.iter().any(|it| 0 < it.gross_before) { span { (key("level")) (choice.before()) } }
            }
        }
    }
}

/// The lines of a plot stand at round amounts, which need no decimals if they are whole.
fn without_zeros(text: String, currency: Currency) -> String {
    let zeros = format!(".{}", "0".repeat(currency.exponent().into()));
    text.strip_suffix(&zeros).map(str::to_owned).unwrap_or(text)
}

fn told(of: &Bucket, bucket: usize, hours: &Hours, written: &dyn Fn(i128) -> String) -> String {
    let name = hours.bucket_name(bucket);
    if !hours.has_bucket(bucket) {
        return format!("{name}, {}: {}", hours.choice.before(), written(of.gross_before));
    }
    let refunded = match of.refunded {
        0 => String::new(),
        it => format!(", refunded {}", written(it)),
    };
    let (gross, before) = (written(of.gross), written(of.gross_before));
    format!("{name}: gross {gross}{refunded}; {} {before}", hours.choice.before())
}

/// What a shape of the plot means.
fn key(shape: &str) -> Markup {
    html! {
        svg class="key" width="18" height="10" aria-hidden="true" focusable="false" {
            @match shape {
                "level" => { line class="level" x2="18" y1="5" y2="5" {} }
                "running" => {
                    @for at in [1, 7, 13] { path class="hatch" d={ "M" (at) " 10l5-10" } {} }
                }
                _ => { rect class=(shape) width="18" height="10" rx="1.5" {} }
            }
        }
    }
}

/// The same as a table: of the hours or days in which there was anything.
fn in_words(it: &Volume, hours: &Hours, written: &dyn Fn(i128) -> String) -> Markup {
    let choice = hours.choice;
    let columns = match choice.bucket() {
        "hour" => HOURS,
        _ => DAYS,
    };
    let some = it.buckets.iter().enumerate().filter(|(_, of)| **of != Bucket::default());
    let rows: Vec<Vec<Markup>> = some
        .map(|(bucket, of)| {
            let note = match hours.running_bucket() {
                Some(running) if running == bucket => " (under way)",
                _ if !hours.has_bucket(bucket) => " (only before)",
                _ => "",
            };
            let amount = |it: i128| html! { span class="money" { (written(it)) } };
            let mut cells = vec![html! { (hours.bucket_name(bucket)) (note) }];
            cells.extend([of.gross, of.refunded, of.gross_before, of.refunded_before].map(amount));
            cells
        })
        .collect();
    let left_out = it.buckets.len() - rows.len();
    let caption = format!("Volume in {} by {}", it.currency.code(), choice.bucket());
    html! {
        details {
            summary { "Numbers by " (choice.bucket()) }
            p class="hint" {
                "“Before” is all of the same " (choice.bucket()) " " (choice.before()) "."
                @if 0 < left_out { " In the " (choice.bucket()) "s that are left out there was nothing." }
            }
            div class="scroll" role="region" aria-label=(caption) tabindex="0" { (table(&caption, &columns, rows)) }
        }
    }
}

const fn columns(bucket: &'static str) -> [Column; 5] {
    [
        Column::plain(bucket),
        Column::number("Gross"),
        Column::number("Refunded"),
        Column::number("Gross before"),
        Column::number("Refunded before"),
    ]
}

const HOURS: [Column; 5] = columns("Hour from");
const DAYS: [Column; 5] = columns("Day");
