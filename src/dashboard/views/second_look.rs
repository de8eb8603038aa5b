//! A second look: a page that says what is about to happen, asks why, and has one button for it and one
//! for leaving all as it is.

use maud::{Markup, html};

use super::{Account, Field, FieldProblem, own_form, problem_list, untrusted};
use crate::domain::{private::Private, text::Reason};

/// The name of the field that says why something is done.
pub(in crate::dashboard) const WHY: &str = "why";

/// What people call it.
pub(in crate::dashboard) const WHY_LABEL: &str = "Why";

/// Asks why something is done. What is said there stands in the log beside it.
pub(in crate::dashboard) fn why_field(typed: &str, problems: &[FieldProblem]) -> Markup {
    let field = Field {
        name: WHY,
        label: WHY_LABEL,
        hint: "For whoever reads the history later. No secrets, and no player’s name.",
        problems,
    };
    field.text("text", typed, Reason::LENGTH_MAX)
}

/// Why something was done, unless that was erased.
pub(in crate::dashboard) fn shown_reason<T: ToString>(reason: &Private<T>) -> Markup {
    html! {
        @match reason.known() {
            Some(it) => (untrusted(&it.to_string())),
            None => span class="erased" { "erased" },
        }
    }
}

/// What somebody is asked before something is done.
pub(in crate::dashboard) struct SecondLook<'a> {
    /// The heading.
    pub(in crate::dashboard) question: Markup,
    /// What it means, above the form.
    pub(in crate::dashboard) meaning: Markup,
    /// Where the form is sent.
    pub(in crate::dashboard) action: &'a str,
    /// What it carries beside the answer.
    pub(in crate::dashboard) hidden: &'a [(&'a str, &'a str)],
    /// Why, as far as it was typed.
    pub(in crate::dashboard) why: &'a str,
    /// What is wrong with that.
    pub(in crate::dashboard) problems: &'a [FieldProblem],
    /// What the button says that does it.
    pub(in crate::dashboard) act: &'a str,
    /// What it is like: `danger` for what takes something away, `primary` for the rest.
    pub(in crate::dashboard) tone: &'static str,
    /// Where the other button leads, and what it says.
    pub(in crate::dashboard) back: (&'a str, &'a str),
}

impl SecondLook<'_> {
    /// Draws all of the page but its frame.
    pub(in crate::dashboard) fn draw(&self, account: &Account) -> Markup {
        let (back, stay) = self.back;
        html! {
            h1 { (self.question) }
            (problem_list("Nothing was changed", self.problems))
            (self.meaning)
            (own_form(self.action, "form", account, &html! {
                @for (name, value) in self.hidden { input type="hidden" name=(name) value=(value); }
                (why_field(self.why, self.problems))
                p class="actions" {
                    button class={ "button " (self.tone) } type="submit" { (self.act) }
                    a class="button" href=(back) { (stay) }
                }
            }))
        }
    }
}
