//! The people of a studio, through the pages' own forms: who may do what about whom, and that a link never
//! leads further than whoever made it may go.

use axum::http::StatusCode;
use toffeepay::{
    domain::{
        id::PersonId,
        person::{EmailAddress, Person, PersonEvent},
        studio::{Role, Studio, StudioEvent},
        text::DisplayName,
    },
    people::{Enrollment, SIGN_IN_LINK_PATH, Token, TotpKey},
};

use super::stage::{GAME, OTHER_GAME, Page, Stage};

const OWNER: &str = "owner@studio.example";
const PASSWORD: &str = "correct horse battery";

struct Studioed {
    stage: Stage,
    owner: PersonId,
    cookie: String,
    path: String,
}

impl Studioed {
    /// The game's studio, with an owner at a browser.
    async fn new() -> Self {
        let stage = Stage::new().await;
        let (owner, link) = stage.person(OWNER, GAME, Role::Owner).await;
        let cookie = stage.enter(&link).await;
        let path = format!("/dashboard/studios/{}/people", stage.studio_of(GAME).await);
        Self { stage, owner, cookie, path }
    }

    async fn get(&self, rest: &str) -> Page {
        self.stage.get_as(&self.cookie, &format!("{}{rest}", self.path)).await
    }

    async fn send(&self, rest: &str, fields: &str) -> Page {
        self.stage.send_as(&self.cookie, &format!("{}{rest}", self.path), fields).await
    }

    async fn invite(&self, email: &str, role: &str) -> Page {
        self.send("/invite", &format!("email={}&role={role}", email.replace('@', "%40"))).await
    }

    /// The path of a member.
    async fn of(&self, email: &str) -> String {
        let email = EmailAddress::parse(email).unwrap();
        format!("/{}", self.stage.people.find_by_email(&email).await.unwrap().unwrap())
    }

    async fn role_of(&self, person_id: &PersonId) -> Option<Role> {
        let studio_id = self.stage.studio_of(GAME).await;
        let studio = self.stage.store.load::<Studio>(studio_id.as_str(), None).await.unwrap();
        let members = studio.aggregate.members().unwrap().to_vec();
        members.into_iter().find(|it| it.person_id == *person_id).map(|it| it.role)
    }
}

/// The path of the link that a page shows this once.
fn link(page: &Page) -> String {
    let (_, rest) = page.text.split_once(SIGN_IN_LINK_PATH).expect("a link is shown");
    format!("{SIGN_IN_LINK_PATH}{}", rest.split_once('<').unwrap().0)
}

/// Has somebody at a browser choose a password and a second factor.
async fn enroll(stage: &Stage, cookie: &str, name: &str) {
    let token = Token::parse(cookie.split_once('=').unwrap().1).unwrap();
    let stay = stage.people.stay(&token).await.unwrap().unwrap();
    let totp = TotpKey::generate();
    let chosen = Enrollment {
        name: DisplayName::parse(name).unwrap(),
        password: PASSWORD.into(),
        code: totp.code(stage.now()).unwrap(),
        totp,
    };
    let context = stage.context("person:test");
    stage.people.enroll(&stay, chosen, &context).await.unwrap();
}

#[tokio::test]
async fn who_is_invited_comes_in_by_the_link_that_the_answer_shows_and_sees_what_their_role_allows()
{
    let it = Studioed::new().await;
    it.get("/invite").await.assert_has("Nothing is sent there");
    let answer = it.invite("fin@studio.example", "finance").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.assert_has("it is not shown again");
    assert_eq!(answer.headers["cache-control"], "no-store");
    it.get("").await.assert_has_no(SIGN_IN_LINK_PATH);

    let fin = it.stage.enter(&link(&answer)).await;
    let list = it.stage.get_as(&fin, &it.path).await;
    list.assert_has("fin@studio.example");
    list.assert_has("Sees sessions, totals, people and the history; changes nothing.");
    list.assert_has_no("Invite somebody");
    list.assert_has_no(">Change<");
    let refused = it.stage.get_as(&fin, &format!("{}/invite", it.path)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let home = it.stage.get_as(&fin, "/dashboard").await;
    home.assert_has(&format!("href=\"{}\"", it.path));
    let sessions = it.stage.get_as(&fin, &format!("/dashboard/{GAME}/test/sessions")).await;
    sessions.assert_has(&format!("href=\"{}\"", it.path));

    let person_id = it.of("fin@studio.example").await;
    let events = it.stage.store.events::<Person>(&person_id[1..]).await.unwrap();
    let issued = events.iter().find(|it| matches!(it.event, PersonEvent::LinkIssued { .. }));
    assert_eq!(issued.unwrap().envelope.actor, format!("person:{}", it.owner));
}

#[tokio::test]
async fn an_invitation_that_is_wrong_keeps_what_was_typed_and_names_the_rule() {
    let it = Studioed::new().await;
    let before = it.stage.events().await;
    let page = it.send("/invite", "email=%3Cscript%3Ealert(1)%3C%2Fscript%3E&role=boss").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.assert_has("must be an e-mail address");
    page.assert_has("must be owner, developer, finance or support");
    page.assert_has("value=\"&lt;script&gt;alert(1)&lt;/script&gt;\"");
    page.assert_has_no("<script");
    assert_eq!(it.stage.events().await, before);
}

#[tokio::test]
async fn an_invitation_sent_twice_offers_another_link_and_leaves_one_that_works() {
    let it = Studioed::new().await;
    let unseen = it.invite("bob@studio.example", "support").await;
    let again = it.invite("bob@studio.example", "support").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.assert_has("this person is a member of the studio already");
    again.assert_has_no(SIGN_IN_LINK_PATH);
    again.assert_has("Make another link");
    let rest = format!("{}/link", it.of("bob@studio.example").await);
    again.assert_has(&format!("action=\"{}{rest}\"", it.path));
    // Also of that, who presses twice is shown the one that works.
    let dropped = it.send(&rest, "").await;
    let shown = it.send(&rest, "").await;
    for dead in [&unseen, &dropped] {
        assert_eq!(it.stage.post_as("", &link(dead), "").await.status, StatusCode::GONE);
    }
    let bob = it.stage.enter(&link(&shown)).await;
    enroll(&it.stage, &bob, "Bob").await;
    // Nobody gets a link who can prove who they are.
    let again = it.invite("bob@studio.example", "support").await;
    again.assert_has("What you may change about them");
    again.assert_has_no("Make another link");
    it.invite(OWNER, "support").await.assert_has("this person is a member of the studio already");
}

#[tokio::test]
async fn an_account_that_the_studio_never_had_is_not_taken_in_and_no_link_is_made_for_it() {
    let it = Studioed::new().await;
    let (eve, _) = it.stage.person("eve@other.example", OTHER_GAME, Role::Owner).await;
    let before = it.stage.events().await;
    let page = it.invite("Eve@Other.example", "developer").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("this address has an account already");
    page.assert_has_no(SIGN_IN_LINK_PATH);
    assert_eq!(it.stage.events().await, before);
    assert_eq!(it.role_of(&eve).await, None);
}

#[tokio::test]
async fn who_was_here_before_is_taken_in_again_and_who_was_shut_out_is_not() {
    let it = Studioed::new().await;
    let first = it.invite("bob@studio.example", "support").await;
    let bob = it.of("bob@studio.example").await;
    it.get(&format!("{bob}/remove")).await.assert_has("They see nothing of this studio");
    it.send(&format!("{bob}/remove"), "").await;
    assert_eq!(it.get(&bob).await.status, StatusCode::NOT_FOUND);
    let again = it.invite("bob@studio.example", "developer").await;
    assert_ne!(link(&first), link(&again));
    let cookie = it.stage.enter(&link(&again)).await;
    enroll(&it.stage, &cookie, "Bob").await;
    it.send(&format!("{bob}/remove"), "").await;
    // Who can prove who they are needs no link.
    let third = it.invite("bob@studio.example", "support").await;
    assert_eq!(third.status, StatusCode::OK);
    third.assert_has("They come in as they did before");
    third.assert_has_no(SIGN_IN_LINK_PATH);

    it.send(&format!("{bob}/remove"), "").await;
    let context = it.stage.context("operator:test");
    let person_id = PersonId::parse(&bob[1..]).unwrap();
    it.stage.people.shut_out(&person_id, &context).await.unwrap();
    let refused = it.invite("bob@studio.example", "support").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_has("this person may not come in any more");
    assert_eq!(it.role_of(&person_id).await, None);
}

#[tokio::test]
async fn a_new_link_ends_those_before_and_who_came_in_by_them() {
    let it = Studioed::new().await;
    let first = it.invite("bob@studio.example", "support").await;
    let bob = it.of("bob@studio.example").await;
    let stranger = it.stage.enter(&link(&first)).await;
    it.get(&bob).await.assert_has("Make a new link");
    let second = it.send(&format!("{bob}/link"), "").await;
    assert_eq!(second.status, StatusCode::OK);
    let out = it.stage.get_as(&stranger, "/dashboard").await;
    assert!(out.location().starts_with("/dashboard/sign-in"));
    let third = it.send(&format!("{bob}/link"), "").await;
    assert_eq!(it.stage.post_as("", &link(&second), "").await.status, StatusCode::GONE);
    let cookie = it.stage.enter(&link(&third)).await;
    it.stage.advance(73 * 60 * 60);
    assert_eq!(it.stage.post_as("", &link(&third), "").await.status, StatusCode::GONE);
    drop(cookie);
}

#[tokio::test]
async fn no_owner_gets_a_link_for_who_can_prove_who_they_are_or_works_elsewhere_too() {
    let it = Studioed::new().await;
    // Who chose a password.
    let invited = it.invite("ann@studio.example", "finance").await;
    let ann = it.of("ann@studio.example").await;
    enroll(&it.stage, &it.stage.enter(&link(&invited)).await, "Ann").await;
    it.get(&ann).await.assert_has("it would let you in as them");
    let refused = it.send(&format!("{ann}/link"), "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_has("they have chosen a password and a second factor");
    refused.assert_has_no(SIGN_IN_LINK_PATH);
    // Who was taken in elsewhere meanwhile: the link from here ends, since it would lead in there.
    let invited = it.invite("bob@studio.example", "support").await;
    let bob = it.of("bob@studio.example").await;
    let person_id = PersonId::parse(&bob[1..]).unwrap();
    let studio_id = it.stage.studio_of(OTHER_GAME).await;
    let context = it.stage.context("operator:test");
    it.stage.people.add_member(&studio_id, person_id, Role::Owner, &context).await.unwrap();
    assert_eq!(it.stage.post_as("", &link(&invited), "").await.status, StatusCode::GONE);
    it.get(&bob).await.assert_has("They work at another studio too");
    let refused = it.send(&format!("{bob}/link"), "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_has("they work at another studio too");
    refused.assert_has_no(SIGN_IN_LINK_PATH);
}

#[tokio::test]
async fn a_role_is_changed_under_the_owners_name_and_holds_from_the_next_click_on() {
    let it = Studioed::new().await;
    let (bob, link) = it.stage.person("bob@studio.example", GAME, Role::Support).await;
    let cookie = it.stage.enter(&link).await;
    let changed = it.send(&format!("/{bob}/role"), "role=owner").await;
    assert!(changed.location().ends_with("?done=role-changed"));
    it.stage.get_as(&it.cookie, changed.location()).await.assert_has("The role was changed");
    assert_eq!(it.role_of(&bob).await, Some(Role::Owner));
    let list = it.stage.get_as(&cookie, &it.path).await;
    list.assert_has("Invite somebody");
    let studio_id = it.stage.studio_of(GAME).await;
    let events = it.stage.store.events::<Studio>(studio_id.as_str()).await.unwrap();
    let last = events.last().unwrap();
    assert!(matches!(last.event, StudioEvent::RoleChanged { .. }));
    assert_eq!(last.envelope.actor, format!("person:{}", it.owner));
    let odd = it.send(&format!("/{bob}/role"), "role=boss").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    odd.assert_has("must be owner, developer, finance or support");
}

#[tokio::test]
async fn the_last_owner_stays_one_and_nobody_gives_up_their_own_role_without_being_told() {
    let it = Studioed::new().await;
    let own = format!("/{}", it.owner);
    it.get(&own).await.assert_has("The last owner stays one");
    for (rest, fields) in [("/role", "role=finance&sure=yes"), ("/remove", "")] {
        let refused = it.send(&format!("{own}{rest}"), fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        refused.assert_has("a studio keeps at least one owner");
    }
    it.stage.person("second@studio.example", GAME, Role::Owner).await;
    let asked = it.send(&format!("{own}/role"), "role=finance").await;
    assert_eq!(asked.status, StatusCode::OK);
    asked.assert_has("Change your own role?");
    assert_eq!(it.role_of(&it.owner).await, Some(Role::Owner));
    it.send(&format!("{own}/role"), "role=finance&sure=yes").await;
    assert_eq!(it.role_of(&it.owner).await, Some(Role::Finance));
    assert_eq!(it.get("/invite").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_leaves_their_own_studio_is_led_home() {
    let it = Studioed::new().await;
    it.stage.person("second@studio.example", GAME, Role::Owner).await;
    let own = format!("/{}", it.owner);
    it.get(&format!("{own}/remove")).await.assert_has("Leave the studio");
    let left = it.send(&format!("{own}/remove"), "").await;
    assert_eq!(left.location(), "/dashboard");
    assert_eq!(it.get("").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_are_changed_only_by_who_has_just_proved_who_they_are() {
    let it = Studioed::new().await;
    let (bob, _) = it.stage.person("bob@studio.example", GAME, Role::Support).await;
    enroll(&it.stage, &it.cookie, "<img src=x onerror=alert(1)>").await;
    it.stage.advance(11 * 60);
    let before = it.stage.events().await;
    let looked_at = ["/invite", &format!("/{bob}"), &format!("/{bob}/remove")].map(str::to_owned);
    for rest in &looked_at {
        let led = it.get(rest).await;
        assert!(led.location().starts_with("/dashboard/prove?next=%2Fdashboard%2Fstudios"));
    }
    for (rest, fields) in [
        ("/invite".to_owned(), "email=a%40b&role=owner"),
        (format!("/{bob}/role"), "role=owner"),
        (format!("/{bob}/link"), ""),
        (format!("/{bob}/remove"), ""),
    ] {
        let led = it.send(&rest, fields).await;
        assert!(led.location().starts_with("/dashboard/prove?next="), "{rest}");
    }
    assert_eq!(it.stage.events().await, before);
    let list = it.get("").await;
    list.assert_has("&lt;img src=x onerror=alert(1)&gt;");
    list.assert_has_no("<img");
}

#[tokio::test]
async fn a_member_of_another_studio_is_told_of_as_who_never_was() {
    let it = Studioed::new().await;
    let (eve, _) = it.stage.person("eve@other.example", OTHER_GAME, Role::Owner).await;
    let nobody = "per_00000000000000000000000000000000000000000";
    for (rest, fields) in [("/role", "role=owner"), ("/link", ""), ("/remove", "")] {
        let theirs = it.send(&format!("/{eve}{rest}"), fields).await;
        let none = it.send(&format!("/{nobody}{rest}"), fields).await;
        assert_eq!((theirs.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(theirs.without_nonces(), none.without_nonces());
    }
}
