//! The form of a game's look: as it was typed, and judged.

use crate::{
    dashboard::{access::Fields, views::FieldProblem},
    domain::{colour::Accent, game::Appearance},
};

/// The names of the fields.
pub(super) const ACCENT: &str = "accent";
pub(super) const LOGO: &str = "logo";
pub(super) const WITHOUT_LOGO: &str = "without_logo";

/// As it was typed; a file is not shown again.
#[derive(Clone, Debug)]
pub(super) struct LookForm {
    pub(super) accent: String,
    /// Whether the logo that is there is to go.
    pub(super) without_logo: bool,
}

impl LookForm {
    /// As it is filled in for a look that is there.
    pub(super) fn of(appearance: &Appearance) -> Self {
        let accent = appearance.accent.as_ref().map(|it| it.as_str().to_owned());
        Self { accent: accent.unwrap_or_default(), without_logo: false }
    }

    pub(super) fn read(fields: &Fields) -> Self {
        Self {
            accent: fields.text(ACCENT).trim().to_owned(),
            without_logo: !fields.text(WITHOUT_LOGO).is_empty(),
        }
    }

    /// The colour that is asked for; none is ours.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn accent(&self) -> Result<Option<Accent>, FieldProblem> {
        if self.accent.is_empty() {
            return Ok(None);
        }
        Accent::parse(&self.accent).map(Some).map_err(|violation| FieldProblem {
            field: ACCENT,
            label: "Accent colour",
            violation,
        })
    }
}
