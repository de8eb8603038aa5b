//! People who work at studios: who they are, how they prove it, and where they work.
//!
//! Each act is a command to the log. Passwords, second factors and tokens are not in it: they stand in
//! tables of their own, hashed or sealed. Knows no page, no cookie and no command line.

mod accounts;
mod erasing;
mod error;
mod hold;
mod invitations;
mod members;
mod passwords;
mod roster;
mod second_factor;
mod sign_in;
mod stays;
mod tokens;
mod tries;

use std::sync::Arc;

use sqlx::PgPool;

pub use accounts::Enrollment;
pub use error::PeopleError;
pub use invitations::{INVITATION_HOLDS, WhichAccount};
pub use members::Membership;
pub use passwords::{PASSWORD_BYTES_MAX, PASSWORD_LENGTH_MIN, WeakPassword};
pub use roster::Colleague;
pub use second_factor::TotpKey;
pub use sign_in::{Credentials, SignedIn, Unwelcome};
pub use stays::{IDLE_MAX, PROOF_HOLDS, STAY_MAX, Stay, person_of};
pub use tokens::Token;

use crate::{clock::Clock, event_store::EventStore, vault::Key};
use hold::Holds;
use passwords::Passwords;

/// Where a link leads, below the service's address, with its token behind: what is printed here is what
/// the dashboard answers to.
pub const SIGN_IN_LINK_PATH: &str = "/dashboard/enter/";

/// The purposes of the keys that are derived from the master key.
const EMAILS_PURPOSE: &str = "people-emails";
const TOKENS_PURPOSE: &str = "people-tokens";
const TOTP_PURPOSE: &str = "people-totp";

/// All that is known of people. Cheap to share behind an `Arc`.
pub struct People {
    store: EventStore,
    pool: PgPool,
    clock: Arc<dyn Clock>,
    emails: Key,
    tokens: Key,
    totp: Key,
    passwords: Passwords,
    holds: Holds,
}

impl People {
    /// Knows those of one log.
    pub fn new(store: EventStore, pool: PgPool, master: &Key, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            pool,
            clock,
            emails: master.derive(EMAILS_PURPOSE),
            tokens: master.derive(TOKENS_PURPOSE),
            totp: master.derive(TOTP_PURPOSE),
            passwords: Passwords::default(),
            holds: Holds::default(),
        }
    }
}
