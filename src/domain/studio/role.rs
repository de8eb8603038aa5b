//! What a member of a studio may see and do.

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// What a person is in a studio.
    Role {
        /// Whose it is: everything, people among it.
        Owner = "owner",
        /// Builds the game: keys, webhooks and settings, and all that there is to see.
        Developer = "developer",
        /// Looks after the money: sees all of it and changes nothing.
        Finance = "finance",
        /// Answers players: finds their purchases, cancels, refunds, makes payment links.
        Support = "support",
    }
}

words! {
    /// One kind of thing that a person may do in a studio.
    Permission {
        /// See sessions, payments and refunds, each with its story.
        SeeSessions = "see_sessions",
        /// See totals and plots.
        SeeOverview = "see_overview",
        /// Cancel a session, have a webhook sent again.
        HelpPlayers = "help_players",
        /// Give money back.
        Refund = "refund",
        /// Make a payment link by hand.
        CreateLinks = "create_links",
        /// See keys, endpoints and what was sent there; no secret.
        SeeIntegration = "see_integration",
        /// Change keys and endpoints, see their secrets.
        ChangeIntegration = "change_integration",
        /// Change a game's settings.
        ChangeGames = "change_games",
        /// See who did what, when, from where and why.
        SeeHistory = "see_history",
        /// See who is a member.
        SeePeople = "see_people",
        /// Take members in, change their roles, let them go.
        ChangePeople = "change_people",
    }
}

impl Role {
    /// Whether whoever is that may do so.
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Owner => true,
            Self::Developer => !matches!(permission, P::ChangePeople | P::Refund),
            Self::Finance => {
                matches!(permission, P::SeeSessions | P::SeeOverview | P::SeeHistory | P::SeePeople)
            }
            Self::Support => matches!(
                permission,
                P::SeeSessions | P::HelpPlayers | P::Refund | P::CreateLinks | P::SeePeople
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_of(role: Role) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|it| role.may(*it)).collect()
    }

    #[test]
    fn an_owner_may_do_everything() {
        assert_eq!(all_of(Role::Owner), Permission::ALL);
    }

    #[test]
    fn finance_changes_nothing() {
        use Permission as P;
        let allowed = [P::SeeSessions, P::SeeOverview, P::SeeHistory, P::SeePeople];
        assert_eq!(all_of(Role::Finance), allowed);
    }

    #[test]
    fn a_developer_takes_nobody_in_and_gives_no_money_back() {
        let refused: Vec<_> =
            Permission::ALL.iter().copied().filter(|it| !Role::Developer.may(*it)).collect();
        assert_eq!(refused, [Permission::Refund, Permission::ChangePeople]);
    }

    #[test]
    fn support_sees_no_totals_and_touches_no_integration() {
        use Permission as P;
        let allowed = [P::SeeSessions, P::HelpPlayers, P::Refund, P::CreateLinks, P::SeePeople];
        assert_eq!(all_of(Role::Support), allowed);
    }
}
