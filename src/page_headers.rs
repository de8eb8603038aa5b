//! What every answer to a browser says of what its page may do, and whether a form is our own.
//!
//! Knows nothing of what a page is about. A page may run our one script and style, send its forms to
//! us, and nothing else: see [`page_headers`].

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        X_FRAME_OPTIONS,
    },
};
use data_encoding::BASE64;
use url::Url;

use crate::ids::random_bytes;

/// 128 bits, as the specification of Content Security Policy asks for.
const NONCE_BYTES: usize = 16;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What every answer carries, page or not. A page's URL is a secret, so it goes into no cache, no
/// `Referer` and no search index; a window that opened the page cannot reach into it.
const FIXED: [(HeaderName, &str); 7] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "payment=(self), camera=(), geolocation=(), microphone=(), usb=()",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// The number used once that lets our own inline script and style run, and nobody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A new one for one answer.
    pub fn generate() -> Self {
        Self(BASE64.encode(&random_bytes::<NONCE_BYTES>()))
    }

    /// The value of the `nonce` attribute.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a page holds besides its text and its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Our script, and pictures, also of other sites: a game may link to those of its items.
    ScriptAndPictures,
    /// Our script, which asks us for more.
    Script,
    /// Pictures of ours, and nothing else.
    Pictures,
    /// Nothing: no script runs, and nothing of another site is loaded.
    Plain,
}

/// The headers of a page whose script and style carry `nonce`.
///
/// `form-action` also covers where a form's answer redirects to, in Chrome: a form must lead to
/// one of our own pages, and only that page sends the player to a game or a bank.
pub fn page_headers(nonce: &Nonce, contents: Contents) -> HeaderMap {
    let nonce = nonce.as_str();
    let contents = match contents {
        Contents::ScriptAndPictures => {
            format!("script-src 'nonce-{nonce}'; img-src 'self' https: data:; connect-src 'self'; ")
        }
        Contents::Script => {
            format!("script-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; ")
        }
        Contents::Pictures => "img-src 'self' data:; ".to_owned(),
        Contents::Plain => "img-src data:; ".to_owned(),
    };
    let policy = format!(
        "default-src 'none'; {contents}style-src 'nonce-{nonce}'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    // Base64 is always a header's text; should it ever not be, the page shows nothing but text.
    let policy = HeaderValue::try_from(policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    let mut headers = plain_headers();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers
}

/// The headers of an answer that is not a page: a redirect, a status.
pub fn plain_headers() -> HeaderMap {
    FIXED.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// Whether a form was sent by one of our own pages, as far as the browser tells.
///
/// Refused is whatever the browser calls another site's, or that names an origin other than that
/// of `base_url`. With no word at all it is taken: a form that a cookie opens has a token of its page too,
/// and of the others only who was given the unguessable URL can name it. `Origin: null` is no word either, since
/// our own `Referrer-Policy: no-referrer` makes browsers say so on our own forms.
///
/// Sources: Fetch Metadata Request Headers (W3C); Fetch, "append a request Origin header".
pub(super) fn is_same_origin(headers: &HeaderMap, base_url: &Url) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        // `none` is the player's own doing, such as reloading the page.
        return site == "same-origin" || site == "none";
    }
    match headers.get(ORIGIN) {
        None => true,
        Some(origin) if origin == "null" => true,
        Some(origin) => origin == base_url.origin().ascii_serialization().as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_with(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_same_origin(&headers, &Url::parse("https://pay.example:8443/").unwrap())
    }

    #[test]
    fn our_own_form_is_taken() {
        assert!(sent_with(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(sent_with(&[("sec-fetch-site", "none")]));
        assert!(sent_with(&[("origin", "https://pay.example:8443")]));
        assert!(sent_with(&[("origin", "null")]));
        assert!(sent_with(&[]));
    }

    #[test]
    fn another_sites_form_is_refused() {
        assert!(!sent_with(&[("sec-fetch-site", "cross-site")]));
        assert!(!sent_with(&[("sec-fetch-site", "cross-site"), ("origin", "null")]));
        assert!(!sent_with(&[("sec-fetch-site", "same-site")]));
        assert!(!sent_with(&[("origin", "https://evil.example")]));
        assert!(!sent_with(&[("origin", "https://pay.example")]));
        assert!(!sent_with(&[("origin", "http://pay.example:8443")]));
        assert!(!sent_with(&[("origin", "https://pay.example:8443.evil.example")]));
    }

    #[test]
    fn a_page_may_run_only_what_carries_its_own_nonce() {
        let (first, second) = (Nonce::generate(), Nonce::generate());
        assert_ne!(first, second);
        let headers = page_headers(&first, Contents::ScriptAndPictures);
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains(&format!("script-src 'nonce-{}';", first.as_str())), "{policy}");
        assert!(policy.contains(&format!("style-src 'nonce-{}';", first.as_str())), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
    }

    #[test]
    fn a_plain_page_runs_no_script_and_loads_nothing_of_another_site() {
        let headers = page_headers(&Nonce::generate(), Contents::Plain);
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!policy.contains("script-src") && !policy.contains("https:"), "{policy}");
        assert!(policy.starts_with("default-src 'none'; img-src data:; "), "{policy}");
        assert!(policy.contains("form-action 'self'"), "{policy}");
    }
}
