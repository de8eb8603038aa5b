//! The specification of what a game's people choose: settings and looks, and of two who choose at once.

use super::*;
use crate::domain::{
    colour::Accent,
    image::{ContentHash, ImageKind},
    return_url::{AppScheme, RETURN_TARGETS_MAX, WebHost},
};

fn seen(settings: GameSettings, seen: GameSettings) -> GameCommand {
    GameCommand::ChangeSettings { settings, seen: Some(seen), at: now() }
}

fn returning_to(schemes: &[String], hosts: &[String]) -> GameSettings {
    let schemes = schemes.iter().map(|it| AppScheme::parse(it).unwrap()).collect();
    let hosts = hosts.iter().map(|it| WebHost::parse(it).unwrap()).collect();
    GameSettings { return_urls: ReturnUrls { schemes, hosts }, ..usual() }
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|it| format!("game{it}")).collect()
}

fn look(logo: Option<u8>, accent: Option<&str>) -> Appearance {
    let logo =
        logo.map(|byte| Logo { sha256: ContentHash::of_digest([byte; 32]), kind: ImageKind::Png });
    Appearance { logo, accent: accent.map(|it| Accent::parse(it).unwrap()) }
}

fn change_look(appearance: Appearance, seen: Option<Appearance>) -> GameCommand {
    GameCommand::ChangeAppearance { appearance, seen, at: now() }
}

fn look_changed(appearance: Appearance) -> GameEvent {
    GameEvent::AppearanceChanged { appearance, changed_at: now() }
}

#[test]
fn a_change_of_settings_that_were_seen_is_taken_and_one_of_others_is_not() {
    let (yen, franc) = (settings(&["JPY"], 60), settings(&["CHF"], 60));
    let changed =
        |it: &GameSettings| GameEvent::SettingsChanged { settings: it.clone(), changed_at: now() };
    given([registered()]).when(seen(yen.clone(), usual())).then_expect_events(vec![changed(&yen)]);
    given([registered(), changed(&yen)])
        .when(seen(franc.clone(), usual()))
        .then_expect_error(GameError::ChangedMeanwhile);
    // Keys and looks are no settings.
    given([registered(), issued(1), look_changed(look(Some(1), None))])
        .when(seen(franc.clone(), usual()))
        .then_expect_events(vec![changed(&franc)]);
}

#[test]
fn a_game_names_at_most_32_schemes_and_32_hosts_each_once() {
    let most = numbered(RETURN_TARGETS_MAX);
    let changed = returning_to(&most, &most);
    given([registered()]).when(change_settings(changed.clone())).then_expect_events(vec![
        GameEvent::SettingsChanged { settings: changed, changed_at: now() },
    ]);
    let twice = ["mygame".to_owned(), "mygame".to_owned()];
    let more = numbered(RETURN_TARGETS_MAX + 1);
    for (schemes, hosts) in [(&more[..], &[][..]), (&[][..], &more[..]), (&twice[..], &[][..])] {
        given([registered()])
            .when(change_settings(returning_to(schemes, hosts)))
            .then_expect_error(GameError::ReturnUrls);
    }
}

#[test]
fn a_look_is_chosen_changed_and_given_up_and_one_that_is_there_is_no_event() {
    let (ours, red) = (look(None, None), look(Some(1), Some("#b0261c")));
    given([registered()])
        .when(change_look(red.clone(), None))
        .then_expect_events(vec![look_changed(red.clone())]);
    given([registered(), look_changed(red.clone())])
        .when(change_look(red.clone(), Some(red.clone())))
        .then_expect_events(vec![]);
    given([registered(), look_changed(red.clone())])
        .when(change_look(ours.clone(), Some(red)))
        .then_expect_events(vec![look_changed(ours)]);
}

#[test]
fn of_two_who_choose_a_look_at_once_the_second_is_told() {
    let (ours, red, blue) = (look(None, None), look(None, Some("#b0261c")), look(Some(2), None));
    given([registered(), look_changed(red)])
        .when(change_look(blue, Some(ours)))
        .then_expect_error(GameError::ChangedMeanwhile);
    given([]).when(change_look(look(None, None), None)).then_expect_error(GameError::NotFound);
}
