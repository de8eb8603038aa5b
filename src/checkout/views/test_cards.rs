//! The sandbox's test cards, listed on pages of the test world for whoever tries a game out.

use maud::{Markup, html};

/// A card of the sandbox's bank.
#[derive(Clone, Copy, Debug)]
pub struct TestCard {
    /// As one types it.
    pub number: &'static str,
    /// What becomes of it.
    pub meaning: &'static str,
}

/// Every test card. Any future date and any security code go with them.
pub const TEST_CARDS: [TestCard; 5] = [
    TestCard { number: "4242 4242 4242 4242", meaning: "Pays" },
    TestCard { number: "4000 0000 0000 0002", meaning: "Is declined" },
    TestCard { number: "4000 0000 0000 9995", meaning: "Not enough money" },
    TestCard { number: "4000 0025 0000 3155", meaning: "Asks for 3-D Secure" },
    TestCard { number: "4000 0000 0000 0259", meaning: "Is confirmed later" },
];

/// The list, folded. `page.js` turns each number into a button that fills the form in.
pub(super) fn details() -> Markup {
    html! {
        details class="test-cards" {
            summary { "Test cards" }
            p { "Any future date and any security code will do." }
            ul {
                @for card in TEST_CARDS {
                    li { code data-card=(card.number) { (card.number) } span { (card.meaning) } }
                }
            }
        }
    }
}
