//! What has to happen so that an event does, or why nobody can make it happen.

use crate::domain::game::WebhookType;

/// How a session is to go, as far as its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It begins.
    Begin,
    /// The player pays, and the money is taken.
    Pay,
    /// The player pays, and the money is held.
    Hold,
    /// What is held is let go.
    LetGo,
    /// One attempt is declined.
    Decline,
    /// Every attempt is declined, until none is left.
    DeclineAll,
    /// The player presses cancel.
    Cancel,
    /// The game gives the money back.
    Refund,
    /// The game wants to give it back, and the bank refuses.
    RefuseRefund,
}

/// The way to an event.
///
/// No wildcard arm: whoever adds an event says how it is triggered.
///
/// # Errors
///
/// Why it cannot be triggered, and what to do instead.
pub(super) fn plan_of(event: WebhookType) -> Result<Plan, &'static str> {
    match event {
        WebhookType::SessionCreated => Ok(Plan::Begin),
        WebhookType::SessionPaid | WebhookType::PaymentCreated | WebhookType::PaymentSucceeded => {
            Ok(Plan::Pay)
        }
        WebhookType::PaymentAuthorized => Ok(Plan::Hold),
        WebhookType::PaymentCancelled => Ok(Plan::LetGo),
        WebhookType::PaymentFailed => Ok(Plan::Decline),
        WebhookType::SessionFailed => Ok(Plan::DeclineAll),
        WebhookType::SessionCancelled => Ok(Plan::Cancel),
        WebhookType::RefundCreated | WebhookType::RefundSucceeded => Ok(Plan::Refund),
        WebhookType::RefundFailed => Ok(Plan::RefuseRefund),
        WebhookType::SessionExpired => Err("a session expires when its time is over, and nobody \
             can hurry that. `toffeepay games set GAME_ID --session-lifetime-s 60` makes it a \
             minute for sessions from then on: then trigger session.created, and wait"),
        WebhookType::RefundCancelled => Err("the sandbox's bank calls no refund off: it gives \
             the money back or refuses. Trigger refund.succeeded or refund.failed"),
        WebhookType::DepositSucceeded | WebhookType::DepositFailed => Err("there are no wallets \
             yet, so no deposit is ever made. Trigger session.paid: a session is what players pay"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_cannot_be_triggered_says_what_to_do_instead() {
        let refused = WebhookType::ALL.iter().filter_map(|it| Some((it, plan_of(*it).err()?)));
        let refused: Vec<_> = refused.collect();
        assert_eq!(refused.len(), 4, "{refused:?}");
        for (event, why) in refused {
            assert!(why.to_lowercase().contains("trigger "), "{event}: {why}");
        }
    }
}
