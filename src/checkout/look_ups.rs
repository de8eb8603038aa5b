//! What providers lately said about attempts, so that a page which asks again and again, or anybody
//! else who does, makes few calls to them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::views::ActionUrl;
use crate::domain::id::PaymentId;

/// How long a provider's word is good enough for a page that only waits.
const RECENT: Duration = Duration::from_secs(1);

/// Who was asked about lately.
#[derive(Clone, Default)]
pub(super) struct LookUps(Arc<Mutex<HashMap<PaymentId, LookUp>>>);

struct LookUp {
    at: Instant,
    action_url: Option<ActionUrl>,
}

/// What is known of a player's step at the bank.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// There was one, or none, a moment ago.
    Recently(Option<ActionUrl>),
    /// Ask the provider: others do not until its word is old.
    Nothing,
}

impl LookUps {
    pub(super) fn recent(&self, payment_id: &PaymentId, now: Instant) -> Known {
        let mut look_ups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |it: &LookUp| now.saturating_duration_since(it.at) < RECENT;
        if let Some(found) = look_ups.get(payment_id).filter(|it| is_recent(it)) {
            return Known::Recently(found.action_url.clone());
        }
        look_ups.retain(|_, it| is_recent(it));
        look_ups.insert(payment_id.clone(), LookUp { at: now, action_url: None });
        Known::Nothing
    }

    pub(super) fn note(&self, payment_id: &PaymentId, at: Instant, action_url: Option<ActionUrl>) {
        let mut look_ups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look_ups.insert(payment_id.clone(), LookUp { at, action_url });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::id_bytes;

    #[test]
    fn a_provider_is_asked_about_an_attempt_once_a_second() {
        let (look_ups, start) = (LookUps::default(), Instant::now());
        let one = PaymentId::from_bytes(id_bytes(1, 0, [1; 16]));
        let other = PaymentId::from_bytes(id_bytes(1, 0, [2; 16]));
        let url = ActionUrl::parse("https://bank.example/3ds");
        assert_eq!(look_ups.recent(&one, start), Known::Nothing);
        assert_eq!(look_ups.recent(&one, start), Known::Recently(None), "somebody is asking");
        assert_eq!(look_ups.recent(&other, start), Known::Nothing);
        look_ups.note(&one, start, url.clone());
        let almost = start + RECENT - Duration::from_millis(1);
        assert_eq!(look_ups.recent(&one, almost), Known::Recently(url));
        assert_eq!(look_ups.recent(&one, start + RECENT), Known::Nothing);
        assert_eq!(look_ups.0.lock().unwrap().len(), 1, "what is old is forgotten");
    }
}
