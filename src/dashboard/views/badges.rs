//! Where something stands, as a word with a drawing and a colour: the word says all of it.

use maud::{Markup, html};

use super::{icons, layout::world_name};
use crate::domain::{
    session::{PaymentStatus, RefundStatus, SessionStatus},
    world::World,
};

/// How a status is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) enum Tone {
    /// As it should be.
    Good,
    /// It failed.
    Bad,
    /// Not over.
    Waiting,
    /// It ended with nothing, and nobody need do anything.
    Quiet,
    /// Money went back.
    Back,
    /// Somebody should look at it.
    Alert,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad | Self::Alert => "bad",
            Self::Waiting => "waiting",
            Self::Quiet => "quiet",
            Self::Back => "back",
        }
    }

    fn icon(self) -> Markup {
        match self {
            Self::Good => icons::tick(),
            Self::Bad => icons::cross(),
            Self::Waiting => icons::clock(),
            Self::Quiet => icons::dash(),
            Self::Back => icons::back(),
            Self::Alert => icons::alert(),
        }
    }
}

/// A word and how it is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) struct Badge {
    pub(in crate::dashboard) tone: Tone,
    pub(in crate::dashboard) word: &'static str,
}

const fn of(tone: Tone, word: &'static str) -> Badge {
    Badge { tone, word }
}

/// Draws one.
pub(in crate::dashboard) fn badge(it: Badge) -> Markup {
    html! { span class={ "badge " (it.tone.class()) } { (it.tone.icon()) (it.word) } }
}

/// In which world something is, where things of both stand side by side.
pub(in crate::dashboard) fn world_badge(world: World) -> Markup {
    html! { span class={ "badge world " (world) } { (world_name(world)) } }
}

/// Where a session stands.
pub(in crate::dashboard) fn session_badge(status: SessionStatus) -> Badge {
    match status {
        SessionStatus::Pending => of(Tone::Waiting, "Pending"),
        SessionStatus::Paid => of(Tone::Good, "Paid"),
        SessionStatus::Failed => of(Tone::Bad, "Failed"),
        SessionStatus::Cancelled => of(Tone::Quiet, "Cancelled"),
        SessionStatus::Expired => of(Tone::Quiet, "Expired"),
    }
}

/// Where an attempt to pay stands.
pub(in crate::dashboard) fn payment_badge(status: PaymentStatus) -> Badge {
    match status {
        PaymentStatus::Processing => of(Tone::Waiting, "Processing"),
        PaymentStatus::Authorized => of(Tone::Waiting, "Authorized"),
        PaymentStatus::Succeeded => of(Tone::Good, "Succeeded"),
        PaymentStatus::Refunded => of(Tone::Back, "Refunded"),
        PaymentStatus::Failed => of(Tone::Bad, "Failed"),
        PaymentStatus::Cancelled => of(Tone::Quiet, "Cancelled"),
    }
}

/// Where a refund stands.
pub(in crate::dashboard) fn refund_badge(status: RefundStatus) -> Badge {
    match status {
        RefundStatus::Pending => of(Tone::Waiting, "Pending"),
        RefundStatus::Succeeded => of(Tone::Back, "Refunded"),
        RefundStatus::Failed => of(Tone::Bad, "Failed"),
        RefundStatus::Cancelled => of(Tone::Quiet, "Cancelled"),
    }
}
