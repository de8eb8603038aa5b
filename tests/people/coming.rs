//! Coming in and going, as one person after the other does.

use chrono::TimeDelta;
use futures::future::join_all;
use toffeepay::{
    domain::{
        person::{EmailAddress, Origin, PersonError, PersonEvent, Proof},
        studio::{Role, StudioError},
    },
    people::{
        Credentials, Enrollment, IDLE_MAX, PROOF_HOLDS, PeopleError, STAY_MAX, SignedIn, TotpKey,
        Unwelcome,
    },
};

use crate::house::{EMAIL, House, PASSWORD, email, from};

#[tokio::test]
async fn an_invited_person_comes_in_by_a_link_once_and_by_password_and_code_ever_after() {
    let house = House::new().await;
    let person_id = house.invited().await;
    let link = house.link(&person_id).await;
    assert!(house.sign_in(PASSWORD, "123456").await.is_err());

    let SignedIn { token, .. } = house.people.sign_in_by_link(&link, from(), "r").await.unwrap();
    let again = house.people.sign_in_by_link(&link, from(), "r").await;
    assert!(matches!(again, Err(Unwelcome::Link)));

    let stay = house.people.stay(&token).await.unwrap().unwrap();
    assert_eq!((stay.is_enrolled, stay.called.as_str()), (false, EMAIL));
    let totp = TotpKey::generate();
    house.people.enroll(&stay, house.chosen(&totp), &house.context()).await.unwrap();
    house.later(TimeDelta::minutes(1));

    let token = house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    let stay = house.people.stay(&token).await.unwrap().unwrap();
    assert_eq!((stay.is_enrolled, stay.called.as_str()), (true, "Ada"));
    let proofs: Vec<Proof> = house
        .events(&person_id)
        .await
        .into_iter()
        .filter_map(|it| match it {
            PersonEvent::SignedIn { proof, .. } => Some(proof),
            _ => None,
        })
        .collect();
    assert_eq!(proofs, [Proof::Link, Proof::PasswordAndCode]);
}

#[tokio::test]
async fn a_link_lets_nobody_in_when_its_time_is_over() {
    let house = House::new().await;
    let link = house.link(&house.invited().await).await;
    house.later(TimeDelta::hours(1));
    let late = house.people.sign_in_by_link(&link, from(), "r").await;
    assert!(matches!(late, Err(Unwelcome::Link)));
}

#[tokio::test]
async fn the_same_address_invited_by_many_at_once_is_one_account() {
    let house = House::new().await;
    let ids = join_all((0..8).map(|number| {
        let email = if number % 2 == 0 { EMAIL.to_owned() } else { EMAIL.to_uppercase() };
        let (house, email) = (&house, EmailAddress::parse(email).unwrap());
        async move { house.people.invite(&email, &house.context()).await.unwrap() }
    }))
    .await;
    assert!(ids.iter().all(|it| *it == ids[0]));
    assert_eq!(house.events(&ids[0]).await.len(), 1);
    assert_eq!(house.people.find_by_email(&email()).await.unwrap().as_ref(), Some(&ids[0]));
}

#[tokio::test]
async fn a_code_is_taken_once_also_by_two_at_the_same_moment() {
    let house = House::new().await;
    let (_, totp) = house.enrolled().await;
    let code = house.code(&totp);
    let tries = join_all((0..4).map(|_| house.sign_in(PASSWORD, &code))).await;
    assert_eq!(tries.iter().filter(|it| it.is_ok()).count(), 1);
    assert!(matches!(house.sign_in(PASSWORD, &code).await, Err(Unwelcome::Refused)));
}

#[tokio::test]
async fn neither_a_wrong_password_nor_a_wrong_code_lets_in_and_nobody_learns_which_it_was() {
    let house = House::new().await;
    let (_, totp) = house.enrolled().await;
    let code = house.code(&totp);
    for (password, code) in [("correct horse batterY", code.as_str()), (PASSWORD, "000000")] {
        let refused = house.sign_in(password, code).await;
        assert!(matches!(refused, Err(Unwelcome::Refused)));
    }
    let nobody = Credentials {
        email: EmailAddress::parse("eve@studio.example").unwrap(),
        password: PASSWORD.into(),
        code,
    };
    let refused = house.people.sign_in(nobody, Origin { address: None, agent: None }, "r").await;
    assert!(matches!(refused, Err(Unwelcome::Refused)));
}

#[tokio::test]
async fn after_five_failures_even_the_right_words_wait_and_the_log_knows_from_where_they_came() {
    let house = House::new().await;
    let (person_id, totp) = house.enrolled().await;
    for _ in 0..5 {
        house.sign_in("wrong password", "000000").await.unwrap_err();
    }
    assert!(house.sign_in(PASSWORD, &house.code(&totp)).await.is_err());
    let locks = house.events(&person_id).await;
    assert!(matches!(locks.last(), Some(PersonEvent::Locked { .. })), "{locks:?}");
    house.later(TimeDelta::seconds(61));
    house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    // Counting begins anew.
    house.later(TimeDelta::minutes(1));
    house.sign_in("wrong password", "000000").await.unwrap_err();
    house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
}

#[tokio::test]
async fn many_tries_at_once_are_not_more_than_many_one_after_the_other() {
    let house = House::new().await;
    let (_, totp) = house.enrolled().await;
    let code = house.code(&totp);
    // All of these look before there is a wait. They are checked in turn, and the right words come last.
    let mut tries: Vec<&str> = vec!["wrong password"; 40];
    tries.push(PASSWORD);
    let tried = join_all(tries.into_iter().map(|it| house.sign_in(it, &code))).await;
    assert!(tried.iter().all(Result::is_err));
    house.later(TimeDelta::minutes(16));
    house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
}

#[tokio::test]
async fn a_link_made_before_a_new_password_was_chosen_lets_nobody_in() {
    let house = House::new().await;
    let person_id = house.invited().await;
    let (leaked, link) = (house.link(&person_id).await, house.link(&person_id).await);
    let SignedIn { token, .. } = house.people.sign_in_by_link(&link, from(), "r").await.unwrap();
    let stay = house.people.stay(&token).await.unwrap().unwrap();
    let chosen = house.chosen(&TotpKey::generate());
    house.people.enroll(&stay, chosen, &house.context()).await.unwrap();
    let late = house.people.sign_in_by_link(&leaked, from(), "r").await;
    assert!(matches!(late, Err(Unwelcome::Link)));
}

#[tokio::test]
async fn a_stay_ends_when_its_person_leaves_is_idle_or_has_stayed_for_long() {
    let house = House::new().await;
    let (_, totp) = house.enrolled().await;
    let sign_in = async || {
        house.later(TimeDelta::minutes(1));
        house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap()
    };

    let leaves = sign_in().await;
    let stay = house.people.stay(&leaves).await.unwrap().unwrap();
    house.people.sign_out(&stay, &house.context()).await.unwrap();
    assert!(!house.is_in(&leaves).await);

    let idle = sign_in().await;
    house.later(IDLE_MAX - TimeDelta::seconds(1));
    assert!(house.is_in(&idle).await);
    house.later(IDLE_MAX - TimeDelta::seconds(1));
    assert!(house.is_in(&idle).await, "it was asked for in between");
    house.later(IDLE_MAX);
    assert!(!house.is_in(&idle).await);

    let long = sign_in().await;
    let mut stayed = TimeDelta::zero();
    let step = IDLE_MAX - TimeDelta::minutes(1);
    while stayed + step < STAY_MAX {
        stayed += step;
        house.later(step);
        assert!(house.is_in(&long).await, "{stayed}");
    }
    house.later(STAY_MAX - stayed);
    assert!(!house.is_in(&long).await);
}

#[tokio::test]
async fn who_is_shut_out_is_out_at_once_and_no_link_made_before_lets_them_in() {
    let house = House::new().await;
    let (person_id, totp) = house.enrolled().await;
    let token = house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    let link = house.link(&person_id).await;
    house.people.shut_out(&person_id, &house.context()).await.unwrap();
    assert!(!house.is_in(&token).await);
    house.later(TimeDelta::minutes(1));
    assert!(house.sign_in(PASSWORD, &house.code(&totp)).await.is_err());
    assert!(house.people.sign_in_by_link(&link, from(), "r").await.is_err());
    let another = house.people.issue_link(&person_id, TimeDelta::hours(1), &house.context()).await;
    assert!(matches!(another, Err(PeopleError::Person(PersonError::ShutOut))));

    house.people.let_in(&person_id, &house.context()).await.unwrap();
    house.later(TimeDelta::minutes(1));
    house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
}

#[tokio::test]
async fn choosing_a_new_password_needs_a_fresh_proof_and_puts_all_others_out() {
    let house = House::new().await;
    let (_, totp) = house.enrolled().await;
    let other = house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    house.later(TimeDelta::minutes(1));
    let own = house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    house.later(PROOF_HOLDS);
    let stay = async || house.people.stay(&own).await.unwrap().unwrap();
    let refused = house.people.enroll(&stay().await, house.chosen(&totp), &house.context()).await;
    assert!(matches!(refused, Err(PeopleError::NotProved)));

    let (at, code) = (stay().await, house.code(&totp));
    house.people.prove(&at, PASSWORD.into(), &code, from(), "r").await.unwrap();
    let new = TotpKey::generate();
    house.people.enroll(&stay().await, house.chosen(&new), &house.context()).await.unwrap();
    assert!(house.is_in(&own).await && !house.is_in(&other).await);
    house.later(TimeDelta::minutes(1));
    assert!(house.sign_in(PASSWORD, &house.code(&totp)).await.is_err(), "by the old second factor");
    house.sign_in(PASSWORD, &house.code(&new)).await.unwrap();
}

#[tokio::test]
async fn what_is_chosen_must_be_strong_and_the_authenticator_must_work() {
    let house = House::new().await;
    let link = house.link(&house.invited().await).await;
    let SignedIn { token, .. } = house.people.sign_in_by_link(&link, from(), "r").await.unwrap();
    let stay = house.people.stay(&token).await.unwrap().unwrap();
    let totp = TotpKey::generate();
    let weak = Enrollment { password: "short".into(), ..house.chosen(&totp) };
    let refused = house.people.enroll(&stay, weak, &house.context()).await;
    assert!(matches!(refused, Err(PeopleError::Password(_))));
    let other_key = Enrollment { code: "000000".to_owned(), ..house.chosen(&totp) };
    let refused = house.people.enroll(&stay, other_key, &house.context()).await;
    assert!(matches!(refused, Err(PeopleError::Code)));
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM person_secret")
        .fetch_one(&house.database.owner)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn members_come_and_go_and_a_studio_keeps_an_owner() {
    let house = House::new().await;
    let (studio, ada) = (house.studio().await, house.invited().await);
    let (people, context) = (&house.people, house.context());
    people.add_member(&studio, ada.clone(), Role::Owner, &context).await.unwrap();
    let bob = EmailAddress::parse("bob@studio.example").unwrap();
    let bob = people.invite(&bob, &context).await.unwrap();
    people.add_member(&studio, bob.clone(), Role::Support, &context).await.unwrap();

    let members = people.members(&studio).await.unwrap();
    let told: Vec<_> = members.iter().map(|(it, role)| (it.email.as_deref(), *role)).collect();
    let expected = [(Some(EMAIL), Role::Owner), (Some("bob@studio.example"), Role::Support)];
    assert_eq!(told, expected);
    let at = people.memberships(bob.as_str()).await.unwrap();
    assert_eq!(
        (at.len(), at[0].studio_name.as_str(), at[0].role),
        (1, "Nebula Games", Role::Support)
    );

    let last = people.remove_member(&studio, ada, &context).await;
    assert!(matches!(last, Err(PeopleError::Studio(StudioError::LastOwner))));
    people.change_role(&studio, bob.clone(), Role::Finance, &context).await.unwrap();
    people.remove_member(&studio, bob.clone(), &context).await.unwrap();
    assert!(people.memberships(bob.as_str()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_database_holds_no_password_no_token_and_no_key_in_clear_nor_the_log_a_name() {
    let house = House::new().await;
    let (person_id, totp) = house.enrolled().await;
    let link = house.link(&person_id).await;
    let token = house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    let tables: String = sqlx::query_scalar(
        "SELECT concat((SELECT string_agg(it::text, ' ') FROM person_secret it),
                       (SELECT string_agg(it::text, ' ') FROM sign_in it),
                       (SELECT string_agg(it::text, ' ') FROM sign_in_link it),
                       (SELECT string_agg(it::text, ' ') FROM person_email it))",
    )
    .fetch_one(&house.database.owner)
    .await
    .unwrap();
    let log: String =
        sqlx::query_scalar("SELECT string_agg(convert_from(entry, 'UTF8'), ' ') FROM event")
            .fetch_one(&house.database.owner)
            .await
            .unwrap();
    assert!(tables.contains("$argon2id$") && log.contains("SignedIn"));
    for secret in [PASSWORD, link.reveal(), token.reveal(), &totp.to_base32(), EMAIL] {
        assert!(!tables.contains(secret) && !log.contains(secret), "{secret}");
    }
    for private in ["Ada", "203.0.113.7", "Firefox"] {
        assert!(!log.contains(private), "{private}");
    }
}
