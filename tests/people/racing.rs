//! What happens when somebody is let in, put out or invited by several at the same moment, or the log does not
//! take it.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures::future::{join, join_all};
use toffeepay::{
    domain::{
        id::PersonId,
        person::{EmailAddress, PersonEvent},
        studio::{Role, StudioError},
    },
    people::{PeopleError, TotpKey, Unwelcome},
};

use crate::house::{House, PASSWORD, email, from};

/// How often somebody came in, as the log has it.
async fn arrivals(house: &House, person_id: &PersonId) -> usize {
    let events = house.events(person_id).await;
    events.iter().filter(|it| matches!(it, PersonEvent::SignedIn { .. })).count()
}

#[tokio::test]
async fn who_is_put_out_while_they_choose_a_password_chooses_none() {
    let house = House::new().await;
    let person_id = house.invited().await;
    let (token, stay) = house.comes_in(&person_id).await;
    let mut other = house.held(&person_id).await;
    let (chosen, context) = (house.chosen(&TotpKey::generate()), house.context());
    let put_out = async {
        house.is_waited_for().await;
        sqlx::query("DELETE FROM sign_in").execute(&mut *other).await.unwrap();
        other.commit().await.unwrap();
    };
    let (enrolled, ()) = join(house.people.enroll(&stay, chosen, &context), put_out).await;
    assert!(matches!(enrolled, Err(PeopleError::PutOut)), "{enrolled:?}");
    assert!(!house.is_in(&token).await);
    assert_eq!(house.count("person_secret").await, 0);
    let events = house.events(&person_id).await;
    assert!(!events.iter().any(|it| matches!(it, PersonEvent::Enrolled { .. })), "{events:?}");
}

#[tokio::test]
async fn of_two_who_choose_a_password_at_once_one_does_and_the_other_is_out() {
    let house = House::new().await;
    let person_id = house.invited().await;
    let stays = [house.comes_in(&person_id).await, house.comes_in(&person_id).await];
    let context = house.context();
    let enrolled =
        join_all(stays.iter().map(|(_, stay)| {
            house.people.enroll(stay, house.chosen(&TotpKey::generate()), &context)
        }))
        .await;
    assert_eq!(enrolled.iter().filter(|it| it.is_ok()).count(), 1, "{enrolled:?}");
    for ((token, _), enrolled) in stays.iter().zip(&enrolled) {
        assert_eq!(house.is_in(token).await, enrolled.is_ok());
    }
}

#[tokio::test]
async fn who_comes_in_while_another_password_is_chosen_does_not() {
    let house = House::new().await;
    let (person_id, totp) = house.enrolled().await;
    let (before, code) = (arrivals(&house, &person_id).await, house.code(&totp));
    let mut other = house.held(&person_id).await;
    let choose = async {
        house.is_waited_for().await;
        let another = "UPDATE person_secret SET password_hash = 'another'";
        sqlx::query(another).execute(&mut *other).await.unwrap();
        sqlx::query("DELETE FROM sign_in").execute(&mut *other).await.unwrap();
        other.commit().await.unwrap();
    };
    let (tried, ()) = join(house.sign_in(PASSWORD, &code), choose).await;
    assert!(matches!(tried, Err(Unwelcome::Refused)));
    assert_eq!(house.count("sign_in").await, 0);
    assert_eq!(arrivals(&house, &person_id).await, before);
}

#[tokio::test]
async fn who_comes_in_by_a_link_while_links_are_ended_does_not() {
    let house = House::new().await;
    let person_id = house.invited().await;
    let link = house.link(&person_id).await;
    let mut other = house.held(&person_id).await;
    let end = async {
        house.is_waited_for().await;
        sqlx::query("DELETE FROM sign_in_link").execute(&mut *other).await.unwrap();
        other.commit().await.unwrap();
    };
    let (tried, ()) = join(house.people.sign_in_by_link(&link, from(), "r"), end).await;
    assert!(matches!(tried, Err(Unwelcome::Link)));
    assert_eq!((house.count("sign_in").await, arrivals(&house, &person_id).await), (0, 0));
}

#[tokio::test]
async fn a_link_lets_one_in_of_several_who_use_it_at_once_and_the_log_knows_of_no_other() {
    let house = House::new().await;
    let person_id = house.invited().await;
    let link = house.link(&person_id).await;
    let tried = join_all((0..4).map(|_| house.people.sign_in_by_link(&link, from(), "r"))).await;
    assert_eq!(tried.iter().filter(|it| it.is_ok()).count(), 1);
    assert_eq!((house.count("sign_in").await, arrivals(&house, &person_id).await), (1, 1));
}

#[tokio::test]
async fn a_link_is_as_it_was_if_the_log_does_not_take_that_somebody_came_in_by_it() {
    let house = House::new().await;
    let link = house.link(&house.invited().await).await;
    house
        .tamper(
            "CREATE TRIGGER takes_no_sign_in BEFORE INSERT ON event FOR EACH ROW
             WHEN (NEW.type = 'SignedIn') EXECUTE FUNCTION refuse_to_rewrite_history()",
        )
        .await;
    let refused = house.people.sign_in_by_link(&link, from(), "r").await;
    assert!(matches!(refused, Err(Unwelcome::People(_))));
    assert_eq!(house.count("sign_in").await, 0);
    house.tamper("DROP TRIGGER takes_no_sign_in ON event").await;
    assert!(house.people.sign_in_by_link(&link, from(), "r").await.is_ok());
}

#[tokio::test]
async fn the_same_invitation_sent_twice_at_once_takes_in_once_and_leaves_one_link() {
    let house = House::new().await;
    let (studio, context, email) = (house.studio().await, house.context(), email());
    let invite = || house.people.invite_to_studio(&studio, &email, Role::Support, &context);
    let (one, other) = join(invite(), invite()).await;
    let (taken, again) = if one.is_ok() { (one, other) } else { (other, one) };
    let (_, link) = taken.unwrap();
    assert!(matches!(again, Err(PeopleError::Studio(StudioError::AlreadyMember))), "{again:?}");
    assert_eq!(house.count("sign_in_link").await, 1);
    assert!(house.is_in(&house.enters(&link.unwrap()).await).await);
}

#[tokio::test]
async fn an_invitation_that_was_refused_after_the_account_was_opened_can_be_sent_again() {
    let house = House::new().await;
    let (studio, context, email) = (house.studio().await, house.context(), email());
    house
        .tamper(
            "CREATE TRIGGER takes_nobody_in BEFORE INSERT ON event FOR EACH ROW
             WHEN (NEW.type = 'MemberAdded') EXECUTE FUNCTION refuse_to_rewrite_history()",
        )
        .await;
    let invite = || house.people.invite_to_studio(&studio, &email, Role::Support, &context);
    assert!(invite().await.is_err());
    assert!(house.people.find_by_email(&email).await.unwrap().is_some());
    house.tamper("DROP TRIGGER takes_nobody_in ON event").await;
    let (_, link) = invite().await.unwrap();
    assert!(house.is_in(&house.enters(&link.unwrap()).await).await);
}

#[tokio::test]
async fn an_account_that_somebody_uses_or_that_opens_another_studio_is_not_taken_in_on_an_owners_word()
 {
    let house = House::new().await;
    let (studio, other, context) = (house.studio().await, house.studio().await, house.context());
    let invite = || async {
        let email = email();
        house.people.invite_to_studio(&studio, &email, Role::Support, &context).await
    };
    let person_id = house.invited().await;
    house.people.add_member(&other, person_id.clone(), Role::Support, &context).await.unwrap();
    let refused = invite().await;
    assert!(matches!(refused, Err(PeopleError::KnownElsewhere)), "{refused:?}");
    house.people.remove_member(&other, person_id, &context).await.unwrap();
    house.enrolled().await;
    let refused = invite().await;
    assert!(matches!(refused, Err(PeopleError::KnownElsewhere)), "{refused:?}");
}

#[tokio::test]
async fn however_many_wait_for_one_person_they_keep_nobody_from_another() {
    let house = House::new().await;
    let ada = house.invited().await;
    let bob = EmailAddress::parse("bob@studio.example").unwrap();
    let bob = house.people.invite(&bob, &house.context()).await.unwrap();
    let held = house.held(&ada).await;
    let waiting = join_all((0..8).map(|_| house.link(&ada)));
    let meanwhile = async {
        house.is_waited_for().await;
        house.link(&bob).await;
        held.commit().await.unwrap();
    };
    join(waiting, meanwhile).await;
    assert_eq!(house.count("sign_in_link").await, 9);
}

#[tokio::test]
async fn another_link_ends_also_the_one_that_was_being_made_at_the_same_moment() {
    let house = House::new().await;
    let (studio, context) = (house.studio().await, house.context());
    let invited = house.people.invite_to_studio(&studio, &email(), Role::Support, &context).await;
    let (person_id, _) = invited.unwrap();
    let mut other = house.held(&person_id).await;
    let make = async {
        house.is_waited_for().await;
        let copy =
            "INSERT INTO sign_in_link SELECT sha256('x'), person_id, expires_at FROM sign_in_link";
        sqlx::query(copy).execute(&mut *other).await.unwrap();
        other.commit().await.unwrap();
    };
    let (link, ()) = join(house.people.renew_link(&studio, &person_id, &context), make).await;
    assert_eq!(house.count("sign_in_link").await, 1);
    house.enters(&link.unwrap()).await;
}

#[tokio::test]
async fn nobody_is_refused_before_the_first_beat_whether_they_have_an_account_or_not() {
    let house = House::new().await;
    let refused_after = async || {
        let began = Instant::now();
        assert!(matches!(house.sign_in("wrong", "000000").await, Err(Unwelcome::Refused)));
        began.elapsed()
    };
    let of_nobody = refused_after().await;
    house.enrolled().await;
    // The fifth is written to the log, and those after it are not even looked at.
    let mut of_ada = vec![];
    for _ in 0..6 {
        of_ada.push(refused_after().await);
    }
    house.later(TimeDelta::minutes(1));
    for it in of_ada.into_iter().chain([of_nobody]) {
        assert!(Duration::from_millis(250) <= it, "{it:?}");
    }
}
