//! The two worlds: test, where money is pretended, and live. Nothing passes between them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The world that a key, a session and every event of it belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// Pretended money, the sandbox provider.
    Test,
    /// Real money.
    Live,
}

impl World {
    /// `test` or `live`, as stored and as in an API key's prefix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// Reads what [`World::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Test, Self::Live].into_iter().find(|world| world.as_str() == text)
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
