//! The keys under which the secrets of endpoints are sealed: one for new ones, and others that older
//! ones may still be under, each known by its id.
//!
//! Without a key of their own, secrets are sealed under one that is derived from the master key.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::Unsignable;
use crate::{
    vault::{Key, VaultError},
    webhooks::signature::WebhookSecret,
};

/// What the derived key is derived for. A commitment: under another name none opens.
pub const ENDPOINT_SECRETS_PURPOSE: &str = "endpoint-secrets";

/// Seals the secrets of endpoints, and opens them.
#[derive(Clone)]
pub struct SecretKeys {
    /// Derived from the master key. Secrets whose key has no id are under it.
    derived: Arc<Key>,
    /// For new secrets; the derived one, if `None`.
    own: Option<Arc<Key>>,
    /// Was for new secrets before.
    before: Option<Arc<Key>>,
}

/// A secret as it is stored.
pub(super) struct Sealed {
    pub(super) key_id: String,
    pub(super) bytes: Vec<u8>,
}

impl SecretKeys {
    /// One that is derived from the master key, for all of them.
    pub fn of(master: &Key) -> Self {
        let derived = Arc::new(master.derive(ENDPOINT_SECRETS_PURPOSE));
        Self { derived, own: None, before: None }
    }

    /// New secrets are sealed under `key`.
    #[must_use]
    pub fn sealing_with(self, key: Key) -> Self {
        Self { own: Some(Arc::new(key)), ..self }
    }

    /// Secrets under `key` are opened too.
    #[must_use]
    pub fn opening_too(self, key: Key) -> Self {
        Self { before: Some(Arc::new(key)), ..self }
    }

    /// The id of the key for new secrets.
    pub fn current_id(&self) -> String {
        self.current().id()
    }

    fn current(&self) -> &Key {
        self.own.as_ref().unwrap_or(&self.derived)
    }

    pub(super) fn seal(
        &self,
        endpoint_id: &str,
        secret: &WebhookSecret,
    ) -> Result<Sealed, VaultError> {
        let (key, text) = (self.current(), secret.as_text().expose_secret());
        let bytes = key.seal(endpoint_id.as_bytes(), text.as_bytes())?;
        Ok(Sealed { key_id: key.id(), bytes })
    }

    pub(super) fn open(
        &self,
        endpoint_id: &str,
        key_id: Option<&str>,
        bytes: &[u8],
    ) -> Result<WebhookSecret, Unsignable> {
        let opened = self.find(key_id)?.open(endpoint_id.as_bytes(), bytes);
        let text = opened.ok().and_then(|it| String::from_utf8(it).ok());
        let secret = text.and_then(|it| WebhookSecret::parse(&it).ok());
        secret.ok_or(Unsignable::DoesNotOpen)
    }

    fn find(&self, key_id: Option<&str>) -> Result<&Key, Unsignable> {
        let Some(key_id) = key_id else { return Ok(&self.derived) };
        let known = [Some(&self.derived), self.own.as_ref(), self.before.as_ref()];
        let found = known.into_iter().flatten().find(|it| it.id() == key_id);
        found.map(AsRef::as_ref).ok_or(Unsignable::UnknownKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "whe_1";

    fn opens(keys: &SecretKeys, sealed: &Sealed, secret: &WebhookSecret) -> bool {
        let opened = keys.open(ENDPOINT, Some(&sealed.key_id), &sealed.bytes);
        opened.is_ok_and(|it| it.as_text().expose_secret() == secret.as_text().expose_secret())
    }

    #[test]
    fn a_secret_opens_as_long_as_its_key_is_known_by_any_role() {
        let (master, own) = (Key::generate(), Key::generate().to_base64());
        let own = || Key::from_base64(&own).unwrap();
        let secret = WebhookSecret::generate();
        let derived = SecretKeys::of(&master);
        let before = derived.seal(ENDPOINT, &secret).unwrap();
        let moved = SecretKeys::of(&master).sealing_with(own());
        assert!(opens(&moved, &before, &secret), "the derived key is always known");
        let after = moved.seal(ENDPOINT, &secret).unwrap();
        assert_ne!(before.key_id, after.key_id);
        let next = SecretKeys::of(&master).sealing_with(Key::generate());
        let unknown = next.open(ENDPOINT, Some(&after.key_id), &after.bytes);
        assert_eq!(unknown.err(), Some(Unsignable::UnknownKey));
        assert!(opens(&next.opening_too(own()), &after, &secret));
    }

    #[test]
    fn a_secret_from_before_keys_had_ids_is_under_the_derived_key() {
        let master = Key::generate();
        let secret = WebhookSecret::generate();
        let old = SecretKeys::of(&master).seal(ENDPOINT, &secret).unwrap();
        let keys = SecretKeys::of(&master).sealing_with(Key::generate());
        assert!(keys.open(ENDPOINT, None, &old.bytes).is_ok());
        let elsewhere = keys.open("whe_2", None, &old.bytes);
        assert_eq!(elsewhere.err(), Some(Unsignable::DoesNotOpen));
    }
}
