//! What is sold, as the top or the side of a page.

use maud::{Markup, html};

use super::{Summary, icons};
use crate::{
    design::{self, Order, logo},
    money_text::format_money,
};

/// The order: picture, game, item and total, with the item as the page's heading.
pub(super) fn order(summary: &Summary) -> Markup {
    design::order(&Order {
        label: "Your order",
        game_name: summary.game_name.as_str(),
        logo: summary.logo_url.as_deref(),
        total: &format_money(summary.total),
        title: &html! { h1 { bdi { (summary.item_title) } } },
        picture: &picture(summary),
    })
}

/// The picture, or a gem; the picture lies over the gem, which shows if it cannot be loaded.
fn picture(summary: &Summary) -> Markup {
    html! {
        div .picture .none[summary.image_url.is_none()] {
            (icons::gem())
            @if let Some(url) = &summary.image_url { img src=(url) alt="" decoding="async"; }
        }
    }
}

/// The same as a list for pages on which something else is the heading.
pub(super) fn receipt(summary: &Summary, reference: Option<&str>) -> Markup {
    html! {
        dl class="receipt" {
            div { dt { "Item" } dd { bdi { (summary.item_title) } } }
            div { dt { "Game" } dd class="game" { (logo(summary.logo_url.as_deref())) bdi { (summary.game_name) } } }
            div { dt { "Total" } dd { (format_money(summary.total)) } }
            @if let Some(reference) = reference {
                div { dt { "Reference" } dd class="reference" { (reference) } }
            }
        }
    }
}
