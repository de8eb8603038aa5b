//! Where a game lets its players be sent back to: schemes of apps and hosts of the web.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ReturnUrl, SCHEMES_REFUSED, is_this_machine};
use crate::domain::{
    violation::Violation,
    words::{StoredText, checked_text},
};

/// The most schemes and the most hosts that a game may name.
pub const RETURN_TARGETS_MAX: usize = 32;

/// The scheme of an app: `mygame` of `mygame://payment-complete`. Lower case, as URLs are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredText", into = "String")]
pub struct AppScheme(String);

impl AppScheme {
    /// The longest, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Takes a scheme, as it is or as people copy it: `mygame`, `mygame:`, `mygame://`.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is none (RFC 3986, section 3.1), is one of the web, or runs in a browser.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let refuse = |rule| Err(Violation::new(rule, text));
        let scheme = text.strip_suffix("://").or_else(|| text.strip_suffix(':')).unwrap_or(text);
        let scheme = scheme.to_ascii_lowercase();
        let begins_well = scheme.starts_with(|it: char| it.is_ascii_lowercase());
        let is_known = |it: char| it.is_ascii_alphanumeric() || "+-.".contains(it);
        if !begins_well || !scheme.chars().all(is_known) || Self::BYTES_MAX < scheme.len() {
            return refuse("must be the scheme of an app such as mygame, of at most 64 bytes");
        }
        if matches!(scheme.as_str(), "http" | "https") {
            return refuse("must be the scheme of an app: of the web, name the hosts");
        }
        if SCHEMES_REFUSED.contains(&scheme.as_str()) {
            return refuse("must not be a scheme that runs in the browser itself");
        }
        Ok(Self(scheme))
    }
}

checked_text!(AppScheme, read by length);

/// A host of the web, with its port unless that is the one of `https`: `game.example`,
/// `game.example:8443`. One that is this machine stands for all of its ports, for developers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredText", into = "String")]
pub struct WebHost(String);

impl WebHost {
    /// Takes a host, as it is or as people copy it: `game.example`, `https://game.example/`.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is none, or more than one.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let rule =
            "must be a host such as game.example, without a path; each stands for itself only";
        let refuse = || Violation::new(rule, text);
        let plain = ["https://", "http://"].iter().find_map(|it| text.strip_prefix(it));
        let plain = plain.unwrap_or(text);
        let plain = plain.strip_suffix('/').unwrap_or(plain);
        let is_odd = |it: char| it.is_whitespace() || it.is_control() || "/\\@?#*".contains(it);
        if plain.is_empty() || plain.contains(is_odd) {
            return Err(refuse());
        }
        // Read as a browser reads it, so that two spellings of one host are one.
        let url = Url::parse(&format!("https://{plain}/")).map_err(|_| refuse())?;
        if text.starts_with("http://") && !is_this_machine(&url) {
            return Err(Violation::new("must be of https, unless it is this machine", text));
        }
        host_of(&url).map(Self).ok_or_else(refuse)
    }
}

checked_text!(WebHost, read by length);

/// The host of a URL as [`WebHost`] writes it.
fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let port = url.port().filter(|_| !is_this_machine(url));
    Some(port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Where players may be sent back to. Without any scheme and any host: to all that [`ReturnUrl`] takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnUrls {
    /// Of apps.
    #[serde(default)]
    pub schemes: Vec<AppScheme>,
    /// Of the web.
    #[serde(default)]
    pub hosts: Vec<WebHost>,
}

impl ReturnUrls {
    /// Whether every return URL is allowed.
    pub fn is_empty(&self) -> bool {
        self.schemes.is_empty() && self.hosts.is_empty()
    }

    /// How a return URL may begin, by the first of them; `None`, if all are allowed.
    pub fn first(&self) -> Option<String> {
        let scheme = self.schemes.first().map(|it| format!("{}://", it.as_str()));
        scheme.or_else(|| self.hosts.first().map(|it| format!("https://{}/", it.as_str())))
    }

    /// Whether there are not too many, and each is there once.
    pub(in crate::domain) fn is_sound(&self) -> bool {
        fn each_once<T: PartialEq>(all: &[T]) -> bool {
            all.len() <= RETURN_TARGETS_MAX
                && all
                    .iter()
                    .enumerate()
                    .all(|(index, it)| !all.iter().skip(index + 1).any(|other| other == it))
        }
        each_once(&self.schemes) && each_once(&self.hosts)
    }

    /// Whether a player may be sent there.
    ///
    /// # Errors
    ///
    /// A [`Violation`] that quotes it.
    pub fn check(&self, return_url: ReturnUrl) -> Result<ReturnUrl, Violation> {
        let refused = || {
            let rule = "must have a scheme or a host that the game's settings allow";
            Violation::new(rule, return_url.as_str())
        };
        let is_allowed =
            self.is_empty() || Url::parse(return_url.as_str()).is_ok_and(|it| self.have(&it));
        if is_allowed { Ok(return_url) } else { Err(refused()) }
    }

    fn have(&self, url: &Url) -> bool {
        if matches!(url.scheme(), "http" | "https") {
            let host = host_of(url);
            return self.hosts.iter().any(|it| Some(it.as_str()) == host.as_deref());
        }
        self.schemes.iter().any(|it| it.as_str() == url.scheme())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(schemes: &[&str], hosts: &[&str]) -> ReturnUrls {
        ReturnUrls {
            schemes: schemes.iter().map(|it| AppScheme::parse(it).unwrap()).collect(),
            hosts: hosts.iter().map(|it| WebHost::parse(it).unwrap()).collect(),
        }
    }

    fn is_allowed(rule: &ReturnUrls, url: &str) -> bool {
        rule.check(ReturnUrl::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn a_game_that_names_none_allows_all_that_a_browser_can_safely_be_sent_to() {
        let all = ReturnUrls::default();
        for url in ["mygame://done", "https://game.example/back", "http://localhost:3000/"] {
            assert!(is_allowed(&all, url), "{url}");
        }
    }

    #[test]
    fn a_game_that_names_some_allows_these_and_no_others() {
        let rule = allowed(&["mygame"], &["game.example", "game.example:8443", "localhost"]);
        for url in [
            "mygame://done",
            "MyGame:/done",
            "https://game.example/back?a=b#c",
            "https://GAME.example:443",
            "https://game.example:8443/back",
            "http://localhost:3000/back",
            "https://localhost/back",
        ] {
            assert!(is_allowed(&rule, url), "{url}");
        }
        for url in [
            "mygame2://done",
            "othergame://game.example/",
            "https://game.example.evil.example/",
            "https://www.game.example/",
            "https://game.example:8444/",
            "https://evil.example/?https://game.example/",
            "https://evil.example\\@game.example/",
            "https://game.example./",
            "http://127.0.0.1/",
        ] {
            assert!(!is_allowed(&rule, url), "{url}");
        }
        let apps_only = allowed(&["mygame"], &[]);
        assert!(!is_allowed(&apps_only, "https://game.example/"));
        let web_only = allowed(&[], &["game.example"]);
        assert!(!is_allowed(&web_only, "mygame://done"));
    }

    #[test]
    fn a_refusal_names_the_rule_and_what_was_received() {
        let url = ReturnUrl::parse("othergame://done").unwrap();
        assert_eq!(
            allowed(&["mygame"], &[]).check(url).unwrap_err().to_string(),
            "must have a scheme or a host that the game's settings allow; received \"othergame://done\""
        );
    }

    #[test]
    fn schemes_and_hosts_are_read_as_people_copy_them_and_kept_in_one_spelling() {
        for text in ["mygame", "MYGAME", "mygame:", "mygame://"] {
            assert_eq!(AppScheme::parse(text).unwrap().as_str(), "mygame");
        }
        for (text, kept) in [
            ("Game.Example", "game.example"),
            ("https://game.example/", "game.example"),
            ("game.example:443", "game.example"),
            ("game.example:8443", "game.example:8443"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("http://localhost:3000", "localhost"),
            ("[::1]:80", "[::1]"),
        ] {
            assert_eq!(WebHost::parse(text).map(String::from), Ok(kept.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_scheme_of_an_app_and_no_host_is_refused() {
        let long = "a".repeat(65);
        for text in
            ["", "1a", "my game", "mygame://x", "https", "http://", "javascript", "dätä", &long]
        {
            assert!(AppScheme::parse(text).is_err(), "{text}");
        }
        for text in [
            "",
            "game.example/back",
            "*.example",
            "a@game.example",
            "a b",
            "http://game.example",
            "game.example?x",
            "game.example:99999",
            "ftp://game.example",
        ] {
            assert!(WebHost::parse(text).is_err(), "{text}");
        }
        assert!(AppScheme::parse(&long[1..]).is_ok());
    }
}
