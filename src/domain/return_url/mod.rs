//! Where the player goes after paying: back to the game.

mod allowed;

use serde::{Deserialize, Serialize};
use url::Url;

pub use allowed::{AppScheme, RETURN_TARGETS_MAX, ReturnUrls, WebHost};

use super::{
    violation::Violation,
    words::{StoredText, checked_text},
};

/// The longest return URL, in bytes.
pub const RETURN_URL_BYTES_MAX: usize = 2_048;

/// Schemes that run or show something in the browser itself instead of leaving for a game.
const SCHEMES_REFUSED: [&str; 8] =
    ["javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem"];

/// An `https` URL, `http` on this machine, or a custom scheme of an app (`mygame://…`).
///
/// Kept byte for byte as the game wrote it: adding the outcome touches two parameters of its
/// query and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredText", into = "String")]
pub struct ReturnUrl(String);

impl ReturnUrl {
    /// Takes a URL that a browser can safely be sent to.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is too long, not absolute, holds white space or control characters,
    /// or has a scheme that a page must never navigate to.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        let refuse = |rule| Err(Violation::new(rule, &text));
        if text.is_empty() || RETURN_URL_BYTES_MAX < text.len() {
            return refuse("must be 1 to 2,048 bytes long");
        }
        if text.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return refuse("must not hold white space or control characters");
        }
        let Ok(url) = Url::parse(&text) else {
            return refuse("must be an absolute URL such as mygame://payment-complete");
        };
        if SCHEMES_REFUSED.contains(&url.scheme()) {
            return refuse("must not have a scheme that runs in the browser itself");
        }
        // Without the slashes a browser takes it as relative to our own page.
        let is_web = matches!(url.scheme(), "http" | "https");
        if is_web && !text[url.scheme().len()..].starts_with("://") {
            return refuse("must have :// after http or https");
        }
        if url.scheme() == "http" && !is_this_machine(&url) {
            return refuse("must be https, unless it is on localhost");
        }
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if matches!(url.scheme(), "http" | "https") && has_credentials {
            return refuse("must not hold a user name or password");
        }
        Ok(Self(text))
    }

    /// The URL with `session_id` and `status` in its query: added, or put in place of those that
    /// are there already. Everything else is kept byte for byte.
    pub fn with_outcome(&self, session_id: &str, status: &str) -> String {
        let (before_fragment, fragment) = split_at_first(&self.0, '#');
        let (base, query) = split_at_first(before_fragment, '?');
        let given = query.strip_prefix('?').filter(|it| !it.is_empty());
        let mut outcome = [("session_id", Some(session_id)), ("status", Some(status))];
        let mut pairs: Vec<String> = vec![];
        for pair in given.into_iter().flat_map(|it| it.split('&')) {
            let name = pair.split('=').next().unwrap_or("");
            match outcome.iter_mut().find(|(ours, _)| *ours == name) {
                None => pairs.push(pair.to_owned()),
                // A second one of the same name would contradict the first: it goes.
                Some((name, value)) => pairs.extend(value.take().map(|it| format!("{name}={it}"))),
            }
        }
        let absent = outcome.into_iter().filter_map(|(name, value)| Some((name, value?)));
        pairs.extend(absent.map(|(name, value)| format!("{name}={value}")));
        format!("{base}?{}{fragment}", pairs.join("&"))
    }
}

/// Splits before the first `separator`; the second part keeps it.
fn split_at_first(text: &str, separator: char) -> (&str, &str) {
    text.split_at(text.find(separator).unwrap_or(text.len()))
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

checked_text!(ReturnUrl, read by length);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_localhost_and_custom_schemes_are_taken() {
        for url in [
            "mygame://payment-complete",
            "mygame://payment-complete?session_id=sess_abc123",
            "com.studio.game:/back",
            "https://game.example/back#top",
            "http://localhost:3000/back",
            "http://127.0.0.1/back",
        ] {
            assert!(ReturnUrl::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn schemes_that_run_in_the_browser_and_plain_http_are_refused() {
        for url in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\tscript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://x/y",
            "about:blank",
            "view-source:https://x",
            "http://game.example/back",
            "https:game.example/back",
            "https:/game.example/back",
            "https://user:secret@game.example/",
            "https://:secret@game.example/",
            "/back",
            "",
        ] {
            assert!(ReturnUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_return_url_is_at_most_2048_bytes() {
        let of_length = |length: usize| format!("{:x<length$}", "https://game.example/");
        assert!(ReturnUrl::parse(of_length(2_048)).is_ok());
        assert!(ReturnUrl::parse(of_length(2_049)).is_err());
    }

    #[test]
    fn the_outcome_is_added_or_replaced_and_all_else_is_kept_byte_for_byte() {
        for (url, expected) in [
            ("mygame://done", "mygame://done?session_id=s1&status=paid"),
            ("mygame://done?", "mygame://done?session_id=s1&status=paid"),
            ("mygame://done?session_id=old", "mygame://done?session_id=s1&status=paid"),
            (
                "https://g/?a=%7e+b&status=x&c#f?g",
                "https://g/?a=%7e+b&status=paid&c&session_id=s1#f?g",
            ),
            ("https://g/?a=1&&b&", "https://g/?a=1&&b&&session_id=s1&status=paid"),
            (
                "https://g/?status=x&session_id=y&status=z&statuses=w",
                "https://g/?status=paid&session_id=s1&statuses=w",
            ),
            ("https://g/#status=x", "https://g/?session_id=s1&status=paid#status=x"),
        ] {
            assert_eq!(ReturnUrl::parse(url).unwrap().with_outcome("s1", "paid"), expected);
        }
    }
}
