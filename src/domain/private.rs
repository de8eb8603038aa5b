//! Values that identify a player: the log keeps them encrypted, and they can be erased for good.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

/// The key that marks a private value inside an event's JSON: `{"private": …}`.
///
/// The log's codec moves such fields out of the event's data and encrypts them.
pub const MARK: &str = "private";

/// A value that the log encrypts under a key of its stream.
///
/// Only a field at the top of an event may be private. Once the stream's key is destroyed the
/// field is gone and reads as [`Private::Erased`], so give it `#[serde(default)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Private<T> {
    /// The value, for those who hold the key.
    Known(T),
    /// The key was destroyed: nobody can know the value any more.
    #[default]
    Erased,
}

impl<T> Private<T> {
    /// The value, unless erased.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl<T> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Serialize> Serialize for Private<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(MARK, value)?;
                map.end()
            }
            Self::Erased => serializer.serialize_unit(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Private<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Marked<T> {
            private: T,
        }
        let marked = Option::<Marked<T>>::deserialize(deserializer)?;
        Ok(marked.map_or(Self::Erased, |it| Self::Known(it.private)))
    }
}
