//! Forms by which somebody changes something: their fields, what is wrong with them, and what was done.

use maud::{Markup, html};

use super::Account;
use crate::{domain::violation::Violation, ids::new_command_id};

/// The name of the field that shows that a form is ours.
pub(in crate::dashboard) const FORM_TOKEN: &str = "form_token";

/// The name of the field that is another one each time that a form is drawn: sent twice, it does its work once.
pub(in crate::dashboard) const FORM_ID: &str = "form_id";

/// What shows that a form is ours.
pub(in crate::dashboard) fn form_token_field(form_token: &str) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(form_token); }
}

/// A form of somebody who is in.
pub(in crate::dashboard) fn own_form(
    action: &str,
    class: &str,
    account: &Account,
    fields: &Markup,
) -> Markup {
    html! {
        form method="post" action=(action) class=[(!class.is_empty()).then_some(class)] {
            (form_token_field(&account.form_token))
            input type="hidden" name=(FORM_ID) value=(new_command_id());
            (fields)
        }
    }
}

/// A form of somebody who is in that sends a file.
pub(in crate::dashboard) fn own_upload(
    action: &str,
    class: &str,
    account: &Account,
    fields: &Markup,
) -> Markup {
    html! {
        form method="post" action=(action) class=(class) enctype="multipart/form-data" {
            (form_token_field(&account.form_token))
            (fields)
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dashboard) struct FieldProblem {
    /// The field, which is its element's id too.
    pub(in crate::dashboard) field: &'static str,
    /// What people call it.
    pub(in crate::dashboard) label: &'static str,
    /// The rule, and what was received.
    pub(in crate::dashboard) violation: Violation,
}

/// All that is wrong with a form, each with the way to its field.
pub(in crate::dashboard) fn problem_list(title: &str, problems: &[FieldProblem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            div class="problems" role="alert" {
                h2 { (title) }
                ul {
                    @for it in problems {
                        li id={ "problem-" (it.field) } {
                            a href={ "#" (it.field) } { (it.label) }
                            " " (it.violation.rule) "; received " bdi { (it.violation.received) } "."
                        }
                    }
                }
            }
        }
    }
}

/// A field and all that stands around it.
#[derive(Clone, Copy)]
pub(in crate::dashboard) struct Field<'a> {
    /// Its name, and its element's id.
    pub(in crate::dashboard) name: &'static str,
    /// What people call it.
    pub(in crate::dashboard) label: &'static str,
    /// What they should know of it; none, if empty.
    pub(in crate::dashboard) hint: &'a str,
    /// What is wrong with the form.
    pub(in crate::dashboard) problems: &'a [FieldProblem],
}

impl Field<'_> {
    fn is_wrong(&self) -> bool {
        self.problems.iter().any(|it| it.field == self.name)
    }

    fn described_by(&self) -> Option<String> {
        let problem = self.is_wrong().then(|| format!("problem-{}", self.name));
        let hint = (!self.hint.is_empty()).then(|| format!("hint-{}", self.name));
        let both: Vec<String> = problem.into_iter().chain(hint).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }

    fn around(&self, control: &Markup) -> Markup {
        html! {
            div class="field" {
                label for=(self.name) { (self.label) }
                (control)
                (self.hint_text())
            }
        }
    }

    fn hint_text(&self) -> Markup {
        html! {
            @if !self.hint.is_empty() { p class="hint" id={ "hint-" (self.name) } { (self.hint) } }
        }
    }

    /// A line of text of some `kind`: `text`, `email`, `url`, `number`, `date`.
    pub(in crate::dashboard) fn text(&self, kind: &str, value: &str, length_max: usize) -> Markup {
        // What is wrong is shown as it was sent, which a date or a number could not.
        let kind = if self.is_wrong() { "text" } else { kind };
        self.around(&html! {
            input id=(self.name) name=(self.name) type=(kind) value=(value) autocomplete="off" spellcheck="false"
                maxlength=(length_max) aria-invalid=[self.is_wrong().then_some("true")]
                aria-describedby=[self.described_by()];
        })
    }

    /// A file to send, of some media types.
    pub(in crate::dashboard) fn file(&self, accept: &str) -> Markup {
        self.around(&html! {
            input id=(self.name) name=(self.name) type="file" accept=(accept)
                aria-invalid=[self.is_wrong().then_some("true")] aria-describedby=[self.described_by()];
        })
    }

    /// A text of several lines.
    pub(in crate::dashboard) fn lines(&self, value: &str, length_max: usize) -> Markup {
        self.around(&html! {
            textarea id=(self.name) name=(self.name) maxlength=(length_max) rows="4"
                aria-invalid=[self.is_wrong().then_some("true")] aria-describedby=[self.described_by()] {
                // The first line break after the tag is not part of the text.
                "\n" (value)
            }
        })
    }

    /// One of several: values and what people call them.
    pub(in crate::dashboard) fn select(&self, options: &[(&str, &str)], chosen: &str) -> Markup {
        self.around(&html! {
            select id=(self.name) name=(self.name) aria-invalid=[self.is_wrong().then_some("true")]
                aria-describedby=[self.described_by()] {
                @for (value, name) in options {
                    option value=(value) selected[*value == chosen] { (name) }
                }
            }
        })
    }

    /// Any of several, each with what it means: the field is there once for each that is chosen.
    pub(in crate::dashboard) fn choices(
        &self,
        options: &[(&str, &str, &str)],
        is_chosen: impl Fn(&str) -> bool,
    ) -> Markup {
        html! {
            fieldset id=(self.name) class="choices" tabindex="-1" aria-describedby=[self.described_by()] {
                legend { (self.label) }
                (self.hint_text())
                @for (value, name, meaning) in options {
                    label class="choice" {
                        input type="checkbox" name=(self.name) value=(value) checked[is_chosen(value)];
                        span { (name) @if !meaning.is_empty() { span class="hint" { (meaning) } } }
                    }
                }
            }
        }
    }
}

/// What was done, on the page after it.
pub(in crate::dashboard) fn done_notice(text: &str) -> Markup {
    html! { p class="done" role="status" { (super::icons::tick()) (text) } }
}
