//! The code with which a game server verifies what it is sent, in the reader's language.
//!
//! There is one text of it: the how-to, whose programs a test runs against the published cases
//! (`tests/webhooks/snippets.rs`). What is shown here is cut out of it.

use maud::{Markup, html};

/// The how-to, as it is published.
const HOW_TO: &str = include_str!("../../../docs/how-to/verify-webhooks.md");

/// What a program stands between.
const FENCE: &str = "\n```";

/// A language in which there is a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    TypeScript,
    Python,
    Go,
    CSharp,
}

impl Language {
    /// All of them, in the order of the how-to. The first is shown to whoever asks for none.
    pub(super) const ALL: [Self; 4] = [Self::TypeScript, Self::Python, Self::Go, Self::CSharp];

    /// Its name in addresses and in the how-to's fences.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Python => "python",
            Self::Go => "go",
            Self::CSharp => "csharp",
        }
    }

    /// What people call it: the heading of its part of the how-to.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
            Self::Go => "Go",
            Self::CSharp => "C#",
        }
    }

    /// The one that is asked for; else the first.
    pub(super) fn chosen(word: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Self::TypeScript)
    }

    /// Its part of the how-to, without the heading.
    fn part(self) -> &'static str {
        let parts = HOW_TO.split("\n## ").filter_map(|it| it.split_once('\n'));
        let mut own = parts.filter(|(heading, _)| *heading == self.name());
        own.next().map_or("", |(_, part)| part)
    }

    /// The program, and what the how-to says before and behind it.
    fn told(self) -> (&'static str, &'static str, &'static str) {
        let (before, rest) = self.part().split_once(FENCE).unwrap_or_default();
        let (program, behind) = rest.split_once(FENCE).unwrap_or_default();
        // Its first line is the fence's own word.
        let program = program.split_once('\n').map_or("", |(_, program)| program);
        (before, program, behind)
    }
}

/// The program in a language, with what the how-to says of it.
pub(super) fn snippet(language: Language) -> Markup {
    let (before, program, behind) = language.told();
    html! {
        (paragraphs(before))
        // It may be wider than the page, so the keyboard must be able to move it.
        pre class="program" tabindex="0" role="region" aria-label={ "Verification in " (language.name()) } {
            code { (program) }
        }
        (paragraphs(behind))
    }
}

/// Plain text with `code` in it.
fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
            p class="hint" {
                @for (index, words) in paragraph.split('`').enumerate() {
                    @if index % 2 == 1 { code { (words) } } @else { (words) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_program_in_each_language_and_it_is_the_how_to_s() {
        for (language, begins) in [
            (Language::TypeScript, "import { createHmac"),
            (Language::Python, "import hashlib"),
            (Language::Go, "package webhook"),
            (Language::CSharp, "using System;"),
        ] {
            let (_, program, _) = language.told();
            assert!(program.starts_with(begins), "{program}");
            assert!(HOW_TO.contains(&format!("\n```{}\n{program}\n```", language.word())));
            assert_eq!(HOW_TO.matches(&format!("\n```{}\n", language.word())).count(), 1);
            assert!(!program.contains("```"));
        }
        assert_eq!(HOW_TO.matches(FENCE).count(), 2 * Language::ALL.len());
    }

    #[test]
    fn whoever_asks_for_no_language_or_an_unknown_one_sees_the_first() {
        assert_eq!(Language::chosen("python"), Language::Python);
        for word in ["", "cobol", "Python"] {
            assert_eq!(Language::chosen(word), Language::ALL[0]);
        }
    }

    #[test]
    fn what_the_how_to_says_of_it_keeps_its_code() {
        let shown = snippet(Language::Python).into_string();
        assert!(
            shown.contains("With Flask the bytes are <code>request.get_data()</code>"),
            "{shown}"
        );
        assert!(snippet(Language::CSharp).into_string().contains("Keep the secret on your server"));
    }
}
