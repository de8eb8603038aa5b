//! Values as people read them: exact amounts, moments in UTC, ids to copy, and texts of others.

use maud::{Markup, html};

use crate::{
    domain::{Timestamp, currency::Currency, money::Money},
    money_text::format_sum,
};

/// A text that a game, a player or a server wrote: isolated, so that it cannot turn around what
/// stands beside it.
pub(in crate::dashboard) fn untrusted(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// The words of what is drawn, without its tags: for a title, where none can stand.
pub(in crate::dashboard) fn plain(drawn: &Markup) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    // No text has an angle bracket in it: these are escaped.
    for it in drawn.0.chars() {
        match it {
            '<' => is_tag = true,
            '>' => is_tag = false,
            it if !is_tag => text.push(it),
            _ => {}
        }
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (escaped, it)| text.replace(escaped, it))
}

/// An amount with its sign and, where that does not say it, its code: dollars are many.
pub(in crate::dashboard) fn shown_money(money: Money) -> Markup {
    balance(money.minor_units().into(), money.currency())
}

/// What is there after all, which may be less than nothing.
pub(in crate::dashboard) fn balance(minor_units: i128, currency: Currency) -> Markup {
    with_code(&format_sum(minor_units, currency), currency)
}

/// By how much it became more or less: always with its sign, but for nothing.
pub(in crate::dashboard) fn change(minor_units: i128, currency: Currency) -> Markup {
    let plus = if 0 < minor_units { "+" } else { "" };
    with_code(&format!("{plus}{}", format_sum(minor_units, currency)), currency)
}

fn with_code(text: &str, currency: Currency) -> Markup {
    let code = currency.code();
    html! {
        span class="money" {
            (text)
            @if !text.contains(code) { " " span class="code" { (code) } }
        }
    }
}

/// The same from a row. Of a currency that is unknown, the plain number and what it counts.
pub(in crate::dashboard) fn amount(minor_units: i64, currency: &str) -> Markup {
    let money = Currency::try_from(currency.to_owned())
        .ok()
        .and_then(|it| Money::new(minor_units, it).ok());
    match money {
        Some(money) => shown_money(money),
        None => html! { span class="money" { (minor_units) " minor units of " (currency) } },
    }
}

/// A moment to the second.
pub(in crate::dashboard) fn moment(at: Timestamp) -> Markup {
    time(at, "%H:%M:%S")
}

/// A moment to the millisecond, where the order of things matters.
pub(in crate::dashboard) fn moment_ms(at: Timestamp) -> Markup {
    time(at, "%H:%M:%S%.3f")
}

fn time(at: Timestamp, clock: &str) -> Markup {
    html! {
        time datetime=(at.to_rfc3339()) {
            (at.format("%-d %b %Y")) " "
            span class="clock" { (at.format(clock)) " UTC" }
        }
    }
}

/// A moment as plain text, for where no markup can stand.
pub(in crate::dashboard) fn day_text(at: Timestamp) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// An id: one click or tap selects all of it.
pub(in crate::dashboard) fn copyable(id: &str) -> Markup {
    html! { code class="id" { (id) } }
}

/// A name and its value, for [`super::facts`].
pub(in crate::dashboard) fn fact(name: &'static str, value: Markup) -> (&'static str, Markup) {
    (name, value)
}

/// How many there are of something: `1 session`, `2,000 sessions`.
pub(in crate::dashboard) fn counted(number: i64, one: &str, many: &str) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.char_indices() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", if number == 1 { one } else { many })
}

/// Bytes that a server sent as text, cut to what is shown, with control characters made visible.
pub(in crate::dashboard) fn readable(bytes: &[u8], characters_max: usize) -> String {
    let whole = String::from_utf8_lossy(bytes);
    let mut text = String::new();
    for it in whole.chars().take(characters_max) {
        match it {
            '\n' | '\t' => text.push(it),
            it if it.is_control() => text.extend(it.escape_default()),
            it => text.push(it),
        }
    }
    if whole.chars().nth(characters_max).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_is_cut_and_what_cannot_be_seen_is_made_visible() {
        assert_eq!(readable(b"no\n\x1b\xff", 9), "no\n\\u{1b}\u{fffd}");
        assert_eq!(readable("é".repeat(9).as_bytes(), 9), "é".repeat(9));
        assert_eq!(readable("é".repeat(10).as_bytes(), 9), format!("{}…", "é".repeat(9)));
    }

    #[test]
    fn the_words_of_what_is_drawn_are_as_they_were_written() {
        let drawn =
            html! { "Made " a href="/x?a=1&b=2" { (untrusted("a <b> & \"c\" &lt;")) } " now" };
        assert_eq!(plain(&drawn), "Made a <b> & \"c\" &lt; now");
    }

    #[test]
    fn an_amount_names_its_currency_once() {
        assert_eq!(
            amount(499, "USD").into_string(),
            r#"<span class="money">$4.99 <span class="code">USD</span></span>"#
        );
        assert_eq!(
            amount(1250, "BHD").into_string(),
            "<span class=\"money\">BHD\u{a0}1.250</span>"
        );
        assert!(amount(7, "???").into_string().contains("7 minor units of ???"));
    }

    #[test]
    fn a_change_has_its_sign_and_nothing_has_none() {
        let usd = Currency::parse("USD").unwrap();
        for (minor_units, text) in [(499, "+$4.99 "), (-499, "\u{2212}$4.99 "), (0, ">$0.00 ")] {
            assert!(change(minor_units, usd).into_string().contains(text), "{text}");
        }
        assert!(balance(499, usd).into_string().contains(">$4.99 "));
    }

    #[test]
    fn a_moment_says_that_it_is_in_utc_and_to_a_machine_all_of_it() {
        let at: Timestamp = "2026-11-03T07:08:09.123456Z".parse().unwrap();
        let text = moment(at).into_string();
        assert!(text.contains(r#"datetime="2026-11-03T07:08:09.123456+00:00""#), "{text}");
        assert!(text.contains("3 Nov 2026") && text.contains("07:08:09 UTC"), "{text}");
        assert!(moment_ms(at).into_string().contains("07:08:09.123 UTC"));
    }

    #[test]
    fn what_is_counted_is_one_or_many() {
        assert_eq!(counted(1, "session", "sessions"), "1 session");
        assert_eq!(counted(0, "session", "sessions"), "0 sessions");
        assert_eq!(counted(1_234_567, "session", "sessions"), "1,234,567 sessions");
    }
}
