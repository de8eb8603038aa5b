//! The cookie by which a browser is known again.
//!
//! `__Host-` has the browser take it over https alone, for this host and no other, and send it nowhere
//! else. Source: RFC 6265bis, section 4.1.3.2. Browsers call this machine itself as safe as https; over
//! plain http from elsewhere there is a cookie of another name, which whoever is on the way can read.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};
use url::{Host, Url};

use crate::people::{STAY_MAX, Token};

const NAME: &str = "__Host-toffeepay";
const NAME_IN_CLEAR: &str = "toffeepay_in_clear";

const NAME_OF_ARRIVAL: &str = "toffeepay_arrived";
const ARRIVED: &str =
    "toffeepay_arrived=yes; Path=/dashboard/sign-in; Max-Age=30; HttpOnly; SameSite=Lax";
const ARRIVED_NO_MORE: &str =
    "toffeepay_arrived=; Path=/dashboard/sign-in; Max-Age=0; HttpOnly; SameSite=Lax";

/// The token that a request brings.
pub(super) fn read(headers: &HeaderMap, base_url: &Url) -> Option<Token> {
    let name = name(base_url);
    let mut ours = all(headers).filter(|it| it.name() == name);
    let found = ours.next()?;
    // Two of one name: somebody has put one there.
    if ours.next().is_some() {
        return None;
    }
    Token::parse(found.value())
}

/// Has the browser keep a token.
pub(super) fn keep(token: &Token, base_url: &Url) -> Option<HeaderValue> {
    set(token.reveal(), Duration::seconds(STAY_MAX.num_seconds()), base_url)
}

/// Has the browser forget it.
pub(super) fn forget(base_url: &Url) -> Option<HeaderValue> {
    set("", Duration::ZERO, base_url)
}

/// Has a browser that keeps no cookie of ours be told apart from one that never came in: this one it keeps
/// over plain http too, for a moment, and shows it to the page on which people sign in.
pub(super) fn note_arrival() -> HeaderValue {
    HeaderValue::from_static(ARRIVED)
}

/// Who has left has not just arrived.
pub(super) fn forget_arrival() -> HeaderValue {
    HeaderValue::from_static(ARRIVED_NO_MORE)
}

/// Whether somebody came in a moment ago by this browser.
pub(super) fn has_just_arrived(headers: &HeaderMap) -> bool {
    all(headers).any(|it| it.name() == NAME_OF_ARRIVAL)
}

fn set(value: &str, max_age: Duration, base_url: &Url) -> Option<HeaderValue> {
    let cookie = Cookie::build((name(base_url), value))
        .path("/")
        .http_only(true)
        // A link from elsewhere leads in; nothing that another site sends by itself does.
        .same_site(SameSite::Lax)
        .secure(is_safe(base_url))
        .max_age(max_age)
        .build();
    HeaderValue::try_from(cookie.to_string()).ok()
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'static>> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    texts.flat_map(|it| Cookie::split_parse(it.to_owned())).filter_map(Result::ok)
}

fn name(base_url: &Url) -> &'static str {
    if is_safe(base_url) { NAME } else { NAME_IN_CLEAR }
}

fn is_safe(base_url: &Url) -> bool {
    let is_here = match base_url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    base_url.scheme() == "https" || is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn asked_with(cookies: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::try_from(cookies).unwrap());
        headers
    }

    #[test]
    fn a_browser_keeps_the_token_for_this_host_alone_and_shows_it_to_no_script() {
        let token = Token::generate();
        let text = keep(&token, &url("https://pay.example")).unwrap();
        let text = text.to_str().unwrap();
        assert!(text.starts_with(&format!("__Host-toffeepay={}", token.reveal())), "{text}");
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=43200"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain"), "{text}");
    }

    #[test]
    fn it_is_read_where_it_is_ours_and_there_once() {
        let (here, token) = (url("http://127.0.0.1:8080"), Token::generate());
        let token = token.reveal();
        let read = |text: &str| read(&asked_with(text), &here).map(|it| it.reveal().to_owned());
        assert_eq!(read(&format!("a=b; __Host-toffeepay={token}; c=d")).as_deref(), Some(token));
        for none in [
            format!("toffeepay_in_clear={token}"),
            format!("__Host-toffeepay={token}; __Host-toffeepay={token}"),
            "__Host-toffeepay=x".to_owned(),
            "=".to_owned(),
        ] {
            assert_eq!(read(&none), None, "{none}");
        }
    }

    #[test]
    fn over_plain_http_from_elsewhere_it_has_another_name() {
        let there = url("http://192.168.1.20:8080");
        let text = keep(&Token::generate(), &there).unwrap();
        let text = text.to_str().unwrap();
        assert!(text.starts_with("toffeepay_in_clear=") && !text.contains("Secure"), "{text}");
    }
}
