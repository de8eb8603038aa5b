//! How the bank signs what it sends: `t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t.body)>`.
//!
//! The secret is the whole of its text; both sides are given it.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::domain::Timestamp;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "sandbox-signature";

/// How far the time of signing may lie from now, in seconds, before and after.
const TOLERANCE_S: u64 = 300;

/// Signs a body at a moment.
pub(super) fn sign(secret: &SecretString, body: &[u8], now: Timestamp) -> String {
    let signed_at = now.timestamp();
    let code = mac(secret, &signed_at.to_string(), body)
        .map(|it| HEXLOWER.encode(&it.finalize().into_bytes()))
        .unwrap_or_default();
    format!("t={signed_at},v1={code}")
}

/// Whether a header was made for this body with this secret, at most five minutes from now.
pub(super) fn is_valid(secret: &SecretString, header: &str, body: &[u8], now: Timestamp) -> bool {
    let Some((signed_at, code)) =
        header.strip_prefix("t=").and_then(|rest| rest.split_once(",v1="))
    else {
        return false;
    };
    let is_recent =
        signed_at.parse::<i64>().is_ok_and(|it| now.timestamp().abs_diff(it) <= TOLERANCE_S);
    let Ok(code) = HEXLOWER.decode(code.as_bytes()) else {
        return false;
    };
    // `verify_slice` takes the same time wherever the difference is.
    is_recent && mac(secret, signed_at, body).is_some_and(|it| it.verify_slice(&code).is_ok())
}

/// `None` never happens: HMAC takes keys of every length.
fn mac(secret: &SecretString, signed_at: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(signed_at.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeDelta, TimeZone};

    use super::*;

    /// How long odd headers are made up. `BOLERO_RANDOM_TEST_TIME_MS` overrides it.
    const RUN_FOR: Duration = Duration::from_secs(1);

    #[test]
    fn no_header_that_was_made_up_is_taken_and_none_is_too_odd() {
        let secret = SecretString::from("secret");
        let target = bolero::check!().with_test_time(RUN_FOR).with_type::<(String, i64, String)>();
        target.for_each(|(text, t, code)| {
            for header in [text.clone(), format!("t={t},v1={code}"), format!("t={text},v1=00")] {
                assert!(!is_valid(&secret, &header, b"{}", noon()), "{header}");
            }
        });
    }

    fn noon() -> Timestamp {
        chrono::Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap()
    }

    #[test]
    fn a_signature_holds_for_its_body_its_secret_and_five_minutes() {
        let secret = SecretString::from("s3cret");
        let header = sign(&secret, b"{}", noon());
        for (seconds, is_good) in
            [(-301, false), (-300, true), (0, true), (300, true), (301, false)]
        {
            let now = noon() + TimeDelta::seconds(seconds);
            assert_eq!(is_valid(&secret, &header, b"{}", now), is_good, "{seconds}");
        }
        assert!(!is_valid(&secret, &header, b"{ }", noon()));
        assert!(!is_valid(&SecretString::from("another"), &header, b"{}", noon()));
    }

    #[test]
    fn a_signature_is_the_one_that_other_code_makes() {
        // printf '1795435200.{}' | openssl dgst -sha256 -hmac s3cret
        let header = sign(&SecretString::from("s3cret"), b"{}", noon());
        assert_eq!(
            header,
            "t=1795435200,v1=5f3a4d04e655657365e92c45ddea39e149fe5a121d6400a6beb13674409da776"
        );
    }

    #[test]
    fn a_changed_time_or_a_mangled_header_is_refused() {
        let secret = SecretString::from("s3cret");
        let header = sign(&secret, b"{}", noon());
        let moved = header.replace("t=1795435200", "t=1795435201");
        let cut = &header[..header.len() - 1];
        for header in [&moved, cut, "", "t=,v1=", "t=1795435200,v1=", &header.to_uppercase()] {
            assert!(!is_valid(&secret, header, b"{}", noon()), "{header}");
        }
    }
}
