//! What was just done to a session, as its page's URL says it: one of a few words, and no text of anybody.

use crate::dashboard::access::Fields;

/// The field of the URL.
const FIELD: &str = "done";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) enum Done {
    Cancelled,
    RefundRequested,
    SentAgain,
    LinkMade,
}

const ALL: [Done; 4] = [Done::Cancelled, Done::RefundRequested, Done::SentAgain, Done::LinkMade];

impl Done {
    /// Reads a URL's query.
    pub(super) fn read(query: &str) -> Option<Self> {
        let fields = Fields::read(query.as_bytes());
        ALL.into_iter().find(|it| it.word() == fields.text(FIELD))
    }

    /// The page of a session that says so.
    pub(in crate::dashboard) fn on(self, session_path: &str) -> String {
        format!("{session_path}?{FIELD}={}", self.word())
    }

    /// What people are told.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Cancelled => "The session was cancelled.",
            Self::RefundRequested => {
                "The refund is in the log. What becomes of it stands below, as soon as the provider has answered."
            }
            Self::SentAgain => {
                "The webhook is sent again at once. What comes of it stands below after a moment."
            }
            Self::LinkMade => "The payment link is made. Give it to the player.",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::RefundRequested => "refund-requested",
            Self::SentAgain => "sent-again",
            Self::LinkMade => "link-made",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_read_from_the_url_and_nothing_else_is() {
        for it in ALL {
            assert_eq!(Done::read(it.on("/s").split_once('?').unwrap().1), Some(it));
        }
        for other in ["", "done=", "done=paid", "done=<script>"] {
            assert_eq!(Done::read(other), None);
        }
    }
}
