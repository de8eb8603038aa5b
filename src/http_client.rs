//! How outgoing HTTP clients are built, but for that of webhooks, which checks every address too:
//! no proxy, no redirects, a deadline.
//!
//! Knows nothing of what is sent. Which targets are allowed is the business of whoever sends.

use std::time::Duration;

/// How long a connection, TLS included, may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What others see in their logs.
const USER_AGENT: &str = "ToffeePay/1";

/// Builds a client whose every request, the answer's body included, ends within `timeout`.
///
/// A redirect comes back as an answer and is not followed: a signed body goes where it was
/// addressed and nowhere else.
///
/// # Errors
///
/// If the machine's certificates cannot be loaded.
pub fn http_client(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    install_crypto();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .user_agent(USER_AGENT)
        .build()
}

/// Makes `ring` the process's cryptography for TLS. Does nothing the second time.
///
/// Without it rustls panics as soon as a client is built: none of our crates chooses for it.
pub fn install_crypto() {
    // An error says that another is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_built_without_anything_set_up_before() {
        assert!(http_client(Duration::from_secs(1)).is_ok());
    }
}
