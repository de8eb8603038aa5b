//! What a form sent, by the names of its fields.

use data_encoding::HEXLOWER;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

/// The longest form that a page of ours sends, in bytes, generously.
pub(in crate::dashboard) const FORM_BYTES_MAX: usize = 16 * 1024;

/// The fields of a form, or of a query.
pub(in crate::dashboard) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(in crate::dashboard) fn read(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Those of a form that has a file beside them.
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// What was typed; nothing, if the field is missing.
    pub(in crate::dashboard) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a field that may be there more than once.
    pub(in crate::dashboard) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// SHA-256 of all fields but one, in hexadecimal: the same for the same form only.
    pub(super) fn digest(&self, but: &str) -> String {
        let mut hash = Sha256::new();
        for part in self.0.iter().filter(|(name, _)| name != but).flat_map(|(name, it)| [name, it])
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        HEXLOWER.encode(&hash.finalize())
    }

    /// What was typed and is not to be seen.
    pub(in crate::dashboard) fn secret(&self, name: &str) -> SecretString {
        self.text(name).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_by_its_name_and_a_missing_one_is_empty() {
        let fields = Fields::read(b"email=ada%40x&code=123+456&email=other&broken=%ff");
        assert_eq!(fields.text("email"), "ada@x");
        assert_eq!(fields.text("code"), "123 456");
        assert_eq!(fields.text("none"), "");
    }
}
