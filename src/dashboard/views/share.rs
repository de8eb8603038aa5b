//! A part of a whole as a percentage: exactly, without a float, and the same on every page.

/// Percents with one decimal.
const WHOLE: i128 = 1_000;

/// A part of a whole as a percentage with one decimal, rounded to the nearest; `None` of nothing. What is not
/// all is never told as 100 %, and what is not nothing never as 0 %.
pub(in crate::dashboard) fn share(part: i128, whole: i128) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let thousandths = thousandths(part, whole);
    Some(match (part, thousandths) {
        (1.., 0) => "<0.1%".to_owned(),
        (_, WHOLE) if part < whole => ">99.9%".to_owned(),
        _ => percent(thousandths),
    })
}

/// How many thousandths a part of a whole is, rounded to the nearest; of nothing, none.
pub(in crate::dashboard) fn thousandths(part: i128, whole: i128) -> i128 {
    (part * WHOLE * 2 + whole).checked_div(whole * 2).unwrap_or_default()
}

/// Thousandths as a percentage.
pub(in crate::dashboard) fn percent(thousandths: i128) -> String {
    let (whole, tenth) = (thousandths / 10, thousandths % 10);
    if tenth == 0 { format!("{whole}%") } else { format!("{whole}.{tenth}%") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_and_never_says_all_or_nothing_where_it_is_not() {
        for (part, whole, expected) in [
            (0, 3, "0%"),
            (1, 3, "33.3%"),
            (2, 3, "66.7%"),
            (3, 3, "100%"),
            (1, 8, "12.5%"),
            (1, 100_000, "<0.1%"),
            (99_999, 100_000, ">99.9%"),
            (7, 5, "140%"),
        ] {
            assert_eq!(share(part, whole).as_deref(), Some(expected), "{part} of {whole}");
        }
        assert_eq!(share(0, 0), None);
    }
}
