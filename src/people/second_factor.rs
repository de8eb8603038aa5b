//! The second factor: codes of six digits that change every half minute.
//!
//! Source: RFC 6238 (TOTP), with SHA-1, which is all that some authenticators know. One step before and
//! after is taken too, for clocks that differ (section 5.2).

use secrecy::{ExposeSecret, SecretBox};
use totp_rs::{Builder, Totp};

use crate::{domain::Timestamp, ids::random_bytes};

/// Source: RFC 4226, section 4, R6: 160 bits are recommended.
const KEY_BYTES: usize = 20;

/// Who an authenticator says that the codes are for.
const ISSUER: &str = "ToffeePay";

/// What an authenticator is given, and makes its codes from.
pub struct TotpKey(SecretBox<Vec<u8>>);

impl TotpKey {
    /// A new one.
    pub fn generate() -> Self {
        Self::from_bytes(random_bytes::<KEY_BYTES>().to_vec())
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// As people type it: base32. Source: RFC 4648, section 6.
    pub fn to_base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(self.bytes())
    }

    /// Reads what [`Self::to_base32`] wrote, with or without spaces.
    pub fn from_base32(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let bytes =
            data_encoding::BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        (bytes.len() == KEY_BYTES).then(|| Self::from_bytes(bytes))
    }

    /// What an authenticator reads from a picture: `otpauth://totp/…`. `None` for an address that it
    /// cannot show.
    pub fn to_url(&self, email: &str) -> Option<String> {
        // A colon would part the issuer from the account.
        let builder =
            self.builder().with_issuer(Some(ISSUER)).with_account_name(email.replace(':', "_"));
        builder.build().ok()?.to_url().ok()
    }

    /// The time step of which this is the code, near now. Spaces in it are how authenticators show it.
    pub(super) fn check(&self, code: &str, now: Timestamp) -> Option<i64> {
        let code: String = code.chars().filter(|it| !it.is_whitespace()).collect();
        let step = self.totp()?.check(&code, unix_s(now)?)?;
        i64::try_from(step).ok()
    }

    /// The code of a moment: what an authenticator shows.
    pub fn code(&self, now: Timestamp) -> Option<String> {
        Some(self.totp()?.generate(unix_s(now)?).to_string())
    }

    fn totp(&self) -> Option<Totp> {
        self.builder().build().ok()
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.bytes().to_vec())
    }
}

fn unix_s(now: Timestamp) -> Option<u64> {
    u64::try_from(now.timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    /// The key of RFC 6238, appendix B.
    fn rfc_key() -> TotpKey {
        TotpKey::from_bytes(b"12345678901234567890".to_vec())
    }

    fn at(unix_s: i64) -> Timestamp {
        Utc.timestamp_opt(unix_s, 0).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        // The last six of its eight digits.
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(rfc_key().code(at(time)).as_deref(), Some(code));
            assert_eq!(rfc_key().check(code, at(time)), Some(time / 30));
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let code = rfc_key().code(at(3_000)).unwrap();
        for (time, step) in [
            (2_969, None),
            (2_970, Some(100)),
            (3_029, Some(100)),
            (3_059, Some(100)),
            (3_060, None),
        ] {
            assert_eq!(rfc_key().check(&code, at(time)), step, "{time}");
        }
    }

    #[test]
    fn a_code_may_be_typed_as_it_is_shown() {
        assert_eq!(rfc_key().check(" 287 082 ", at(59)), Some(1));
        for text in ["", "28708", "2870820", "abcdef", "２８７０８２"] {
            assert_eq!(rfc_key().check(text, at(59)), None, "{text}");
        }
    }

    #[test]
    fn a_key_is_read_as_people_copy_it() {
        let key = TotpKey::generate();
        let text = key.to_base32();
        let spaced = format!("{} {}", &text[..4].to_lowercase(), &text[4..]);
        assert_eq!(TotpKey::from_base32(&spaced).unwrap().bytes(), key.bytes());
        assert!(TotpKey::from_base32(&text[1..]).is_none());
        assert!(TotpKey::from_base32("no key").is_none());
    }

    #[test]
    fn an_authenticator_reads_whose_codes_they_are_and_where() {
        let url = rfc_key().to_url("ada@studio.example").unwrap();
        let expected = "otpauth://totp/ToffeePay:ada%40studio.example?\
            secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ToffeePay";
        assert_eq!(url, expected);
        assert!(rfc_key().to_url("odd:name@x").is_some());
    }
}
