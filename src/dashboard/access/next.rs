//! Where somebody wanted to go before they had to say who they are.

use url::form_urlencoded;

/// The dashboard's first page.
pub(super) const HOME: &str = "/dashboard";

/// The longest that is remembered, in bytes.
const BYTES_MAX: usize = 2_048;

/// A path of the dashboard, with its query: never one of elsewhere.
pub(in crate::dashboard) struct Next(String);

impl Next {
    /// Takes what leads to the dashboard; its first page for all else.
    pub(super) fn parse(text: &str) -> Self {
        let is_ours =
            text == HOME || text.starts_with("/dashboard/") || text.starts_with("/dashboard?");
        let is_plain = text.bytes().all(|it| it.is_ascii_graphic() && it != b'\\');
        // Browsers take `..` and its spellings for the way up.
        let path = text.split_once(['?', '#']).map_or(text, |(path, _)| path);
        let is_plain = is_plain && !["..", "//", "%"].iter().any(|it| path.contains(it));
        let is_short = text.len() <= BYTES_MAX;
        Self(if is_ours && is_plain && is_short { text } else { HOME }.to_owned())
    }

    /// The path.
    pub(in crate::dashboard) fn as_str(&self) -> &str {
        &self.0
    }

    /// The way to a page that leads there afterwards.
    pub(super) fn behind(&self, page: &str) -> String {
        if self.0 == HOME {
            return page.to_owned();
        }
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("next", &self.0).finish();
        format!("{page}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_dashboard_is_led_to() {
        for ours in ["/dashboard", "/dashboard/games?a=b", "/dashboard?x=1"] {
            assert_eq!(Next::parse(ours).as_str(), ours);
        }
        let long = format!("/dashboard/{}", "a".repeat(BYTES_MAX));
        for other in [
            "",
            "/",
            "/dashboards",
            "//evil.example",
            "https://evil.example/dashboard/",
            "/dashboard/\\evil",
            "/dashboard/\r\nSet-Cookie: a=b",
            "/dashboard/ü",
            "/dashboard/../docs",
            "/dashboard/%2e%2e/docs",
            "/dashboard/..//evil.example",
            long.as_str(),
        ] {
            assert_eq!(Next::parse(other).as_str(), HOME, "{other}");
        }
    }

    #[test]
    fn the_way_is_remembered_in_the_query() {
        assert_eq!(Next::parse("/dashboard").behind("/in"), "/in");
        let next = Next::parse("/dashboard/a?b=c&d");
        assert_eq!(next.behind("/in"), "/in?next=%2Fdashboard%2Fa%3Fb%3Dc%26d");
    }
}
