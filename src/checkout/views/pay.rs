//! The page on which a player pays.

use maud::{Markup, html};

use super::{
    Notice, Summary, View, icons,
    layout::{Document, document},
    summary::order,
    test_cards,
    words::{EXPIRY_WORDS, FieldWords, NUMBER_WORDS, SECURITY_CODE_WORDS},
};
use crate::{
    checkout::card_form::{CardProblems, FieldProblem, field},
    domain::{
        id::{PaymentId, SessionId},
        world::World,
    },
    money_text::format_money,
    page_headers::Nonce,
};

/// What the payment page shows.
#[derive(Clone, Debug)]
pub struct PayView {
    /// Whose page.
    pub session_id: SessionId,
    /// The attempt that pressing a button begins. Made for this page, so that the same form sent
    /// twice is one attempt.
    pub payment_id: PaymentId,
    /// What is sold.
    pub summary: Summary,
    /// What became of the last attempt.
    pub notice: Option<Notice>,
    /// What was wrong with the form just sent.
    pub problems: CardProblems,
    /// The date of the form just sent, which is filled in again. Number and code never are.
    pub expiry: Option<String>,
    /// Whether to offer the (simulated) wallet.
    pub apple_pay: bool,
}

/// Draws the payment page.
pub fn pay_page(view: &PayView, nonce: &Nonce) -> Markup {
    let total = format_money(view.summary.total);
    let main = html! {
        main class="sheet split" {
            (order(&view.summary))
            section class="payment" aria-label="Payment" {
                @if let Some(notice) = view.notice { (notice_box(notice)) }
                @if view.apple_pay {
                    (button_form(view, "apple-pay", "wallet", "Apple Pay"))
                    p class="or" { span { "or pay with card" } }
                }
                (card_form(view, &total))
                (button_form(view, "cancel", "quiet", "Cancel"))
                @if view.summary.world == World::Test { (test_cards::details()) }
                p class="visually-hidden" id="live" aria-live="polite" {}
            }
        }
    };
    let title = match view.notice {
        Some(notice) => format!("{} · {total}", notice.title()),
        None if view.problems != CardProblems::default() => format!("Check your card · {total}"),
        None => format!("Pay {total} · {}", view.summary.game_name),
    };
    let session = Some((&view.session_id, View::Pay));
    let world = view.summary.world;
    document(
        Document {
            title,
            session,
            world,
            accent: view.summary.accent.as_ref(),
            refresh: None,
            main,
        },
        nonce,
    )
}

/// Why the last attempt failed. Focused, so that a screen reader begins here.
fn notice_box(notice: Notice) -> Markup {
    html! {
        div class="notice" role="alert" tabindex="-1" autofocus {
            (icons::alert())
            div {
                p { strong { (notice.title()) } }
                p {
                    (notice.advice())
                    @if let Some(left) = notice.attempts_left() { " " (left) }
                }
            }
        }
    }
}

/// A form of one button.
fn button_form(view: &PayView, action: &str, class: &str, label: &str) -> Markup {
    html! {
        form method="post" action={ "/" (view.session_id) "/" (action) } {
            button type="submit" class={ "button " (class) } autocomplete="off" { (label) }
            (attempt(view))
        }
    }
}

fn attempt(view: &PayView) -> Markup {
    html! { input type="hidden" name=(field::PAYMENT_ID) value=(view.payment_id) autocomplete="off"; }
}

fn card_form(view: &PayView, total: &str) -> Markup {
    let problems = &view.problems;
    // The first field that is wrong gets the cursor.
    let focus =
        [problems.number, problems.expiry, problems.security_code].iter().position(Option::is_some);
    html! {
        form id="card" class="card" method="post" action={ "/" (view.session_id) "/pay" } {
            (Field {
                name: field::NUMBER,
                label: "Card number",
                placeholder: "1234 1234 1234 1234",
                autocomplete: "cc-number",
                words: &NUMBER_WORDS,
                value: None,
                problem: problems.number,
                focused: focus == Some(0),
            }.draw())
            div class="pair" {
                (Field {
                    name: field::EXPIRY,
                    label: "Expiry date",
                    placeholder: "MM / YY",
                    autocomplete: "cc-exp",
                    words: &EXPIRY_WORDS,
                    value: view.expiry.as_deref(),
                    problem: problems.expiry,
                    focused: focus == Some(1),
                }.draw())
                (Field {
                    name: field::SECURITY_CODE,
                    label: "Security code",
                    placeholder: "CVC",
                    autocomplete: "cc-csc",
                    words: &SECURITY_CODE_WORDS,
                    value: None,
                    problem: problems.security_code,
                    focused: focus == Some(2),
                }.draw())
            }
            button type="submit" class="button primary" autocomplete="off"
                data-busy="Your payment is being processed." {
                (icons::lock()) "Pay " (total)
            }
            (attempt(view))
        }
    }
}

/// A labelled input with room for a complaint, which `page.js` fills in while one types.
struct Field<'a> {
    name: &'a str,
    label: &'a str,
    placeholder: &'a str,
    autocomplete: &'a str,
    words: &'a FieldWords,
    value: Option<&'a str>,
    problem: Option<FieldProblem>,
    focused: bool,
}

impl Field<'_> {
    fn draw(&self) -> Markup {
        let error_id = format!("{}_error", self.name);
        html! {
            div class="field" {
                label for=(self.name) { (self.label) }
                input id=(self.name) name=(self.name) type="text" inputmode="numeric" required
                    placeholder=(self.placeholder) autocomplete=(self.autocomplete)
                    autocorrect="off" spellcheck="false" aria-describedby=(error_id)
                    value=[self.value] aria-invalid=[self.problem.map(|_| "true")] autofocus[self.focused]
                    data-missing=(self.words.missing) data-malformed=(self.words.malformed)
                    data-past=[self.words.past];
                p class="error" id=(error_id) {
                    @if let Some(problem) = self.problem { (self.words.of(problem)) }
                }
            }
        }
    }
}
