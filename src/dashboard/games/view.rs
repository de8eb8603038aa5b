//! Draws a game's settings.

use maud::{Markup, html};

use super::{
    LOOK_PATH, PATH,
    form::{CAPTURE, CURRENCIES, HOSTS, LIFETIME, SCHEMES, SettingsForm, UNIT, UNITS},
    look_form::{ACCENT, LOGO, LookForm, WITHOUT_LOGO},
    preview::{preview_style, previews},
    seen::{SEEN, mark},
};
use crate::{
    dashboard::{
        Place,
        access::Fields,
        views::{
            Field, FieldProblem, Frame, Own, Section, document_with, done_notice, fact, facts,
            own_form, own_upload, problem_list,
        },
    },
    domain::{
        game::GameState, return_url::RETURN_TARGETS_MAX, session::CaptureMode, studio::Permission,
        world::World,
    },
    page_headers::Nonce,
};

/// The longest list of currencies that can be typed, in characters: more than there are.
const CURRENCIES_LENGTH_MAX: usize = 1_200;
/// The longest list of schemes or hosts that can be typed, in characters.
const TARGETS_LENGTH_MAX: usize = RETURN_TARGETS_MAX * 260;
const NUMBER_LENGTH_MAX: usize = 10;
/// `#rrggbb`
const COLOUR_LENGTH: usize = 7;

/// What was done, as the page's URL says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Settings,
    Look,
}

impl Done {
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        [Self::Settings, Self::Look].into_iter().find(|it| it.word() == fields.text("done"))
    }

    pub(super) fn on(self, path: &str) -> String {
        format!("{path}?done={}", self.word())
    }

    fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Look => "look",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Settings => {
                "Saved. Sessions get it within a second; those that exist stay as they are."
            }
            Self::Look => "Saved. Players see it at once, also on sessions that exist.",
        }
    }
}

/// What is wrong with a form that was sent.
pub(super) enum Wrong {
    Nothing,
    Settings(Vec<FieldProblem>),
    /// Somebody else changed the settings meanwhile.
    SettingsMeanwhile,
    Look(Vec<FieldProblem>),
    /// Somebody else changed the look meanwhile.
    LookMeanwhile,
}

/// What the page shows.
pub(super) struct SettingsView<'a> {
    pub(super) place: &'a Place,
    /// As the log has it.
    pub(super) state: &'a GameState,
    /// As it was typed.
    pub(super) form: SettingsForm,
    pub(super) look: LookForm,
    pub(super) wrong: Wrong,
    pub(super) done: Option<Done>,
}

impl<'a> SettingsView<'a> {
    /// As nobody has typed anything yet.
    pub(super) fn of(place: &'a Place, state: &'a GameState) -> Self {
        let (form, look) = (SettingsForm::of(&state.settings), LookForm::of(&state.appearance));
        Self { place, state, form, look, wrong: Wrong::Nothing, done: None }
    }
}

/// Draws the page.
pub(super) fn settings_page(view: &SettingsView<'_>, nonce: &Nonce) -> Markup {
    let place = view.place;
    let main = html! {
        h1 { "Settings" }
        p class="lead" { "They hold for the live world and the test world alike." }
        @if let Some(done) = view.done { (done_notice(done.text())) }
        section { h2 { "Payments" } (settings_form(view)) }
        section {
            h2 { "How players see the page" }
            p { "What you save is seen at once, also on sessions that exist." }
            div class="look" { (look_form(view)) (preview_column(view)) }
        }
    };
    let title = if matches!(view.wrong, Wrong::Nothing) { "Settings" } else { "Error: Settings" };
    let frame = Frame { place, section: Section::Settings, title, as_of: None };
    let style = preview_style(view.state);
    document_with(&frame, &main, &Own { style: &style, ..Own::default() }, nonce)
}

fn settings_form(view: &SettingsView<'_>) -> Markup {
    let SettingsView { place, state, form, wrong, .. } = view;
    let problems: &[FieldProblem] = if let Wrong::Settings(it) = wrong { it } else { &[] };
    let field = |name, label, hint| Field { name, label, hint, problems };
    let captures = [
        (CaptureMode::Automatic.as_str(), "At once, as soon as the player pays"),
        (
            CaptureMode::Manual.as_str(),
            "When the game’s server calls CompletePayment, within 7 days",
        ),
    ];
    let units = UNITS.map(|(value, name, _)| (value, name));
    let currencies = field(
        CURRENCIES,
        "Currencies",
        "In which the game may ask for money, such as USD, EUR, JPY.",
    );
    let lifetime = field(LIFETIME, "Time to pay", "From one minute to 30 days.");
    let schemes = field(
        SCHEMES,
        "Apps",
        "Schemes of your apps, one in each line: mygame for mygame://payment-complete.",
    );
    let hosts = field(
        HOSTS,
        "Websites",
        "Hosts, one in each line: game.example for https://game.example/… Each stands for itself only; localhost for all of its ports.",
    );
    html! {
        (problem_list("The settings were not saved", problems))
        @if matches!(wrong, Wrong::SettingsMeanwhile) { (changed_meanwhile(&SettingsForm::of(&state.settings))) }
        (own_form(&place.path(PATH), "form", &place.account, &html! {
            input type="hidden" name=(SEEN) value=(mark(&state.settings));
            (currencies.text("text", &form.currencies, CURRENCIES_LENGTH_MAX))
            (field(CAPTURE, "Money is taken", "").select(&captures, &form.capture))
            div class="number-and-unit" {
                (lifetime.text("text", &form.lifetime, NUMBER_LENGTH_MAX))
                (field(UNIT, "Unit", "").select(&units, &form.unit))
            }
            h3 { "Where players may be sent back to" }
            p class="hint" {
                "With both lists empty, every return URL that is safe for a browser is taken. With any entry, CreateSession refuses all others with invalid_return_url."
            }
            (schemes.lines(&form.schemes, TARGETS_LENGTH_MAX))
            (hosts.lines(&form.hosts, TARGETS_LENGTH_MAX))
            p class="hint" { "All of this is for sessions that begin from now on; those that exist keep what they began with." }
            p class="actions" { button class="button primary" type="submit" { "Save the settings" } }
        }))
    }
}

/// What somebody else chose, beside what was typed.
fn changed_meanwhile(now: &SettingsForm) -> Markup {
    let or_none = |text: &str| match text.is_empty() {
        true => "none".to_owned(),
        false => text.replace('\n', ", "),
    };
    html! {
        div class="notice" role="alert" {
            p {
                strong { "Not saved: the settings were changed meanwhile by somebody else." }
                " Below is what you typed; here is what holds now. Saving again puts yours in its place."
            }
            (facts([
                fact("Currencies", html! { (now.currencies) }),
                fact("Money is taken", html! { (now.capture) }),
                fact("Time to pay", html! { (now.lifetime) " " (now.unit) }),
                fact("Apps", html! { (or_none(&now.schemes)) }),
                fact("Websites", html! { (or_none(&now.hosts)) }),
            ]))
        }
    }
}

fn look_form(view: &SettingsView<'_>) -> Markup {
    let SettingsView { place, state, look, wrong, .. } = view;
    let problems: &[FieldProblem] = if let Wrong::Look(it) = wrong { it } else { &[] };
    let accent = Field {
        name: ACCENT,
        label: "Accent colour",
        hint: "Of the buttons: #rrggbb, dark enough for white text on it. Dark pages get a lighter one of its own. Empty for ours.",
        problems,
    };
    let logo = Field {
        name: LOGO,
        label: "Logo",
        hint: "A PNG, JPEG or WebP of at most 1 MiB and 4,096 × 4,096 pixels. It stands beside the game’s name, 32 pixels high.",
        problems,
    };
    html! {
        div {
            (problem_list("The look was not saved", problems))
            @if matches!(wrong, Wrong::LookMeanwhile) {
                p class="notice" role="alert" {
                    strong { "Not saved: the look was changed meanwhile by somebody else." }
                    " The picture beside shows what holds now. Saving again puts yours in its place; choose a file again if you had."
                }
            }
            (own_upload(&place.path(LOOK_PATH), "form", &place.account, &html! {
                input type="hidden" name=(SEEN) value=(mark(&state.appearance));
                (accent.text("text", &look.accent, COLOUR_LENGTH))
                (logo.file("image/png,image/jpeg,image/webp"))
                @if state.appearance.logo.is_some() {
                    label class="choice" {
                        input type="checkbox" name=(WITHOUT_LOGO) value="yes" checked[look.without_logo];
                        span { "Remove the logo" }
                    }
                }
                p class="actions" { button class="button primary" type="submit" { "Save the look" } }
            }))
        }
    }
}

fn preview_column(view: &SettingsView<'_>) -> Markup {
    let place = view.place;
    let links = Place { world: World::Test, ..place.clone() }.path(crate::dashboard::links::PATH);
    html! {
        div {
            (previews(view.state))
            @if place.may(Permission::CreateLinks) {
                p class="hint" {
                    "As saved, at the size of a phone. To see the whole page, "
                    a href=(links) { "make a test payment link" } " and open it."
                }
            }
        }
    }
}
