//! What a browser keeps to be known again, and what a link has in it: random, and kept here as a hash.

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::SIGN_IN_LINK_PATH;
use crate::{ids::random_bytes, vault::Key};

/// Source: OWASP Session Management Cheat Sheet, at least 64 bits; as many as a key has.
const TOKEN_BYTES: usize = 32;

/// A token in the clear, on its way in or out.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

impl Token {
    /// A new one.
    pub fn generate() -> Self {
        Self(BASE64URL_NOPAD.encode(&random_bytes::<TOKEN_BYTES>()).into())
    }

    /// Reads one that we may have given out.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == TOKEN_BYTES).then(|| Self(text.into()))
    }

    /// The token itself, for whoever it was made for.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// Where it leads as a link, below the service's address.
    pub fn path(&self) -> String {
        format!("{SIGN_IN_LINK_PATH}{}", self.reveal())
    }

    /// The link itself, for whoever finds the service there.
    pub fn url(&self, base: &Url) -> String {
        format!("{}{}", base.as_str().trim_end_matches('/'), self.path())
    }

    /// What is kept of it.
    pub(super) fn hash(&self, hasher: &Key) -> [u8; 32] {
        hasher.hash(self.reveal().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_form_of_a_token_is_read() {
        let token = Token::generate();
        assert_eq!(Token::parse(token.reveal()).unwrap().reveal(), token.reveal());
        assert_ne!(Token::generate().reveal(), token.reveal());
        for text in ["", "a", &token.reveal()[1..], &format!("{}=", token.reveal()), "../../etc"] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_link_leads_below_the_services_address_however_that_ends() {
        let token = Token::generate();
        let expected = format!("https://pay.example/dashboard/enter/{}", token.reveal());
        for base in ["https://pay.example", "https://pay.example/"] {
            assert_eq!(token.url(&base.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let token = Token::generate();
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
