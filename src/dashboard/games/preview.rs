//! How the payment page will look: its head and its button, as large as on a phone, light and dark.

use maud::{Markup, html};

use crate::{
    dashboard::views::gem,
    design::{Order, accent_style_of_both, order},
    domain::{
        game::{GameSettings, GameState},
        money::Money,
    },
    money_text::format_money,
};

/// What it pretends to sell: so many minor units.
const SAMPLE_PRICE: i64 = 499;

/// The style that a game's colour needs here; none, where it is ours.
pub(super) fn preview_style(state: &GameState) -> String {
    let accent = state.appearance.accent.as_ref();
    let style = |it| accent_style_of_both(it, ".preview.light", ".preview.dark");
    accent.map(style).unwrap_or_default()
}

/// Draws it in both themes.
pub(super) fn previews(state: &GameState) -> Markup {
    html! {
        div class="previews" {
            @for (class, name) in [("light", "Light"), ("dark", "Dark")] {
                figure {
                    figcaption { (name) }
                    (preview(state, class, name))
                }
            }
        }
    }
}

fn preview(state: &GameState, class: &str, name: &str) -> Markup {
    let total = sample_price(&state.settings);
    let logo = state.appearance.logo.as_ref().map(|it| it.path());
    let shown = Order {
        label: name,
        game_name: state.name.as_str(),
        logo: logo.as_deref(),
        total: &total,
        title: &html! { p class="title" { "50 Gold Coins" } },
        picture: &html! { div class="picture none" { (gem()) } },
    };
    html! {
        div class={ "preview " (class) } {
            (order(&shown))
            // Not a button: nothing happens here.
            p class="pay" { span { "Pay " (total) } }
        }
    }
}

fn sample_price(settings: &GameSettings) -> String {
    let money = settings.currencies.first().and_then(|it| Money::new(SAMPLE_PRICE, *it).ok());
    money.map(format_money).unwrap_or_default()
}
