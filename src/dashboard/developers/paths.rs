//! Where the pages of this part are.

use crate::dashboard::Place;

/// The list of keys and endpoints.
pub(super) fn developers(place: &Place) -> String {
    place.path("developers")
}

/// The form for a new key.
pub(super) fn new_key(place: &Place) -> String {
    place.path("keys/new")
}

/// What is done with a key: `rotate`, `revoke`.
pub(super) fn of_key(place: &Place, key_id: &str, act: &str) -> String {
    place.path(&format!("keys/{key_id}/{act}"))
}

/// The form for a new endpoint.
pub(super) fn new_endpoint(place: &Place) -> String {
    place.path("endpoints/new")
}

/// An endpoint's page.
pub(super) fn endpoint(place: &Place, endpoint_id: &str) -> String {
    place.path(&format!("endpoints/{endpoint_id}"))
}

/// What is done with an endpoint, or what was sent there: `edit`, `deliveries`.
pub(super) fn of_endpoint(place: &Place, endpoint_id: &str, act: &str) -> String {
    place.path(&format!("endpoints/{endpoint_id}/{act}"))
}
