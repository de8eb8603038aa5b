//! How the dashboard looks: the parts that all our pages share, then its own, then each room's.

use crate::design;

/// The whole style, in the order in which it counts.
pub(super) const STYLES: &[&str] = &[
    design::COMMON,
    include_str!("base.css"),
    include_str!("parts.css"),
    include_str!("forms.css"),
    include_str!("access.css"),
    include_str!("sessions.css"),
    include_str!("activity.css"),
    include_str!("developers.css"),
    include_str!("people.css"),
    include_str!("history.css"),
    design::ORDER_STYLE,
    include_str!("games.css"),
    include_str!("deliveries.css"),
    include_str!("overview.css"),
];
