//! What is sold, as the head of the payment page.

use maud::{Markup, html};

/// The style of [`order`].
pub const ORDER_STYLE: &str = include_str!("order.css");

/// What is sold, by whom, for how much.
pub struct Order<'a> {
    /// What it is called for those who hear the page.
    pub label: &'a str,
    /// The game.
    pub game_name: &'a str,
    /// Its logo, if it has one: a path of ours.
    pub logo: Option<&'a str>,
    /// What people read for the total.
    pub total: &'a str,
    /// The item's title, as a heading or not.
    pub title: &'a Markup,
    /// The item's picture, or what stands where there is none.
    pub picture: &'a Markup,
}

/// Draws it.
pub fn order(order: &Order<'_>) -> Markup {
    html! {
        section class="order" aria-label=(order.label) {
            (order.picture)
            div class="what" {
                p class="game" { (logo(order.logo)) bdi { (order.game_name) } }
                (order.title)
                p class="total" { span class="visually-hidden" { "Total " } (order.total) }
            }
        }
    }
}

/// A game's logo, beside its name, which says all that it does.
pub fn logo(path: Option<&str>) -> Markup {
    html! { @if let Some(path) = path { img class="logo" src=(path) alt=""; } }
}
