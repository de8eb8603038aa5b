//! What an act is about.

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal,)+) => {
        /// What an act is about. The words are stored, and stand in addresses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ActKind {
            $($(#[$doc])* $kind,)+
        }

        impl ActKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// As stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }

            /// Reads what `as_str` wrote.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word)
            }
        }
    };
}

kinds! {
    /// A session was made, cancelled, captured or let go by hand.
    Sessions = "sessions",
    /// Money was given back.
    Refunds = "refunds",
    /// API keys.
    Keys = "keys",
    /// Where webhooks go.
    Endpoints = "endpoints",
    /// What signs webhooks: changed, ended, seen.
    Secrets = "secrets",
    /// Webhooks that were sent again.
    Deliveries = "deliveries",
    /// What a game is like.
    Settings = "settings",
    /// Who is a member, and as what.
    People = "people",
}
