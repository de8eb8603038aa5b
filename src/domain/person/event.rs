//! What can happen to a person's account.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::{EmailAddress, Origin, Proof};
use crate::domain::{Timestamp, id::SignInId, private::Private, text::DisplayName};

/// A fact about one person. No password, no second factor and no link is ever in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonEvent {
    /// Somebody let them have an account.
    Invited {
        /// Theirs.
        #[serde(default)]
        email: Private<EmailAddress>,
        /// When.
        invited_at: Timestamp,
    },
    /// A link was made that lets them in once.
    LinkIssued {
        /// Until when it does.
        expires_at: Timestamp,
        /// When.
        issued_at: Timestamp,
    },
    /// They said what they are called, and chose a password and a second factor: the first, or others in
    /// their place.
    Enrolled {
        /// What people call them.
        #[serde(default)]
        name: Private<DisplayName>,
        /// When.
        enrolled_at: Timestamp,
    },
    /// They came in.
    SignedIn {
        /// Names all that they do until they leave: it is the causation of each command.
        sign_in_id: SignInId,
        /// How they proved who they are.
        proof: Proof,
        /// From where.
        #[serde(default)]
        from: Private<Origin>,
        /// When.
        signed_in_at: Timestamp,
    },
    /// They proved again who they are, for something that needs it.
    Proved {
        /// In which stay.
        sign_in_id: SignInId,
        /// When.
        proved_at: Timestamp,
    },
    /// They left.
    SignedOut {
        /// Which stay is over.
        sign_in_id: SignInId,
        /// When.
        signed_out_at: Timestamp,
    },
    /// Somebody tried too often to come in as them: nobody may for a while.
    Locked {
        /// Until when.
        until: Timestamp,
        /// From where the last try came.
        #[serde(default)]
        from: Private<Origin>,
        /// When.
        locked_at: Timestamp,
    },
    /// They may not come in any more.
    ShutOut {
        /// When.
        shut_out_at: Timestamp,
    },
    /// They may come in again.
    LetIn {
        /// When.
        let_in_at: Timestamp,
    },
    /// Who they were is not to be known any more: after it the stream's key is destroyed.
    Erased {
        /// When.
        erased_at: Timestamp,
    },
}

impl DomainEvent for PersonEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Invited { .. } => "Invited",
            Self::LinkIssued { .. } => "LinkIssued",
            Self::Enrolled { .. } => "Enrolled",
            Self::SignedIn { .. } => "SignedIn",
            Self::Proved { .. } => "Proved",
            Self::SignedOut { .. } => "SignedOut",
            Self::Locked { .. } => "Locked",
            Self::ShutOut { .. } => "ShutOut",
            Self::LetIn { .. } => "LetIn",
            Self::Erased { .. } => "Erased",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl PersonEvent {
    /// When it happened, by the clock of whoever decided it.
    pub fn occurred_at(&self) -> Timestamp {
        match self {
            Self::Invited { invited_at: at, .. }
            | Self::LinkIssued { issued_at: at, .. }
            | Self::Enrolled { enrolled_at: at, .. }
            | Self::SignedIn { signed_in_at: at, .. }
            | Self::Proved { proved_at: at, .. }
            | Self::SignedOut { signed_out_at: at, .. }
            | Self::Locked { locked_at: at, .. }
            | Self::ShutOut { shut_out_at: at }
            | Self::LetIn { let_in_at: at }
            | Self::Erased { erased_at: at } => *at,
        }
    }
}
