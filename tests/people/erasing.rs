//! Forgetting who somebody was.

use chrono::TimeDelta;
use toffeepay::{
    domain::{
        id::PersonId,
        person::{Person, PersonCommand, PersonError, PersonEvent},
        private::Private,
        studio::Role,
    },
    people::{PeopleError, Unwelcome},
};

use crate::house::{EMAIL, House, PASSWORD, email, from};

/// All that names a person or lets them in.
async fn left_of(house: &House, person_id: &PersonId) -> Vec<&'static str> {
    let mut left = vec![];
    for table in ["person_email", "person_secret", "sign_in", "sign_in_link"] {
        let rows = format!("{table} WHERE person_id = '{person_id}'");
        if house.count(&rows).await != 0 {
            left.push(table);
        }
    }
    let named =
        format!("person WHERE id = '{person_id}' AND (email, name) IS DISTINCT FROM (NULL, NULL)");
    if house.count(&named).await != 0 {
        left.push("person");
    }
    let key = format!("stream WHERE stream = 'person-{person_id}' AND wrapped_key IS NOT NULL");
    if house.count(&key).await != 0 {
        left.push("stream");
    }
    left
}

#[tokio::test]
async fn of_who_was_erased_only_the_id_is_left_and_nothing_lets_them_in() {
    let house = House::new().await;
    let (person_id, totp) = house.enrolled().await;
    let token = house.sign_in(PASSWORD, &house.code(&totp)).await.unwrap();
    let link = house.link(&person_id).await;
    assert_eq!(left_of(&house, &person_id).await.len(), 6);
    house.as_owner().erase(&person_id, &house.context()).await.unwrap();

    assert_eq!(left_of(&house, &person_id).await, Vec::<&str>::new());
    assert!(!house.is_in(&token).await);
    house.later(TimeDelta::minutes(1));
    let by_password = house.sign_in(PASSWORD, &house.code(&totp)).await;
    assert!(matches!(by_password, Err(Unwelcome::Refused)));
    let by_link = house.people.sign_in_by_link(&link, from(), "r").await;
    assert!(matches!(by_link, Err(Unwelcome::Link)));
    let events = house.events(&person_id).await;
    assert!(matches!(events.last(), Some(PersonEvent::Erased { .. })), "{events:?}");
    for event in events {
        match event {
            PersonEvent::Invited { email, .. } => assert_eq!(email, Private::Erased),
            PersonEvent::Enrolled { name, .. } => assert_eq!(name, Private::Erased),
            PersonEvent::SignedIn { from, .. } => assert_eq!(from, Private::Erased),
            _ => {}
        }
    }
    let loaded = house.store.load::<Person>(person_id.as_str(), None).await.unwrap().aggregate;
    assert!(loaded.present().unwrap().erased_at.is_some());
}

#[tokio::test]
async fn the_address_of_who_was_erased_can_be_invited_as_somebody_new() {
    let house = House::new().await;
    let (person_id, _) = house.enrolled().await;
    house.as_owner().erase(&person_id, &house.context()).await.unwrap();
    assert_eq!(house.people.find_by_email(&email()).await.unwrap(), None);
    let again = house.invited().await;
    assert_ne!(again, person_id);
    let late = house.people.issue_link(&person_id, TimeDelta::hours(1), &house.context()).await;
    assert!(matches!(late, Err(PeopleError::Person(_))), "{late:?}");
}

#[tokio::test]
async fn nobody_is_erased_who_works_somewhere_nor_by_whom_the_database_does_not_belong_to() {
    let house = House::new().await;
    let (person_id, _) = house.enrolled().await;
    let (studio, context) = (house.studio().await, house.context());
    house.people.add_member(&studio, person_id.clone(), Role::Owner, &context).await.unwrap();
    let before = house.events(&person_id).await;
    let refused = house.as_owner().erase(&person_id, &context).await;
    let Err(PeopleError::StillMember(studios)) = refused else { panic!("{refused:?}") };
    assert!(studios.contains("Nebula Games") && studios.contains(studio.as_str()));
    let refused = house.people.erase(&person_id, &context).await;
    assert!(matches!(refused, Err(PeopleError::NotDatabaseOwner)), "{refused:?}");
    assert_eq!(house.events(&person_id).await, before);
    assert_eq!(house.people.find_by_email(&email()).await.unwrap(), Some(person_id));
}

#[tokio::test]
async fn an_erasure_that_was_left_half_done_is_finished_when_it_is_asked_for_again() {
    let house = House::new().await;
    let (person_id, _) = house.enrolled().await;
    let erase = PersonCommand::Erase { at: house.now() };
    house.store.execute::<Person>(person_id.as_str(), erase, &house.context()).await.unwrap();
    // The row is empty with the entry, and nobody is let in.
    assert!(!left_of(&house, &person_id).await.contains(&"person"));
    let link = house.people.issue_link(&person_id, TimeDelta::hours(1), &house.context()).await;
    assert!(matches!(link, Err(PeopleError::Person(PersonError::Erased))), "{link:?}");
    let found = house.people.find_by_email(&email()).await.unwrap().expect(EMAIL);
    house.as_owner().erase(&found, &house.context()).await.unwrap();
    assert_eq!(left_of(&house, &person_id).await, Vec::<&str>::new());
    let erased = house.events(&person_id).await;
    assert_eq!(erased.iter().filter(|it| matches!(it, PersonEvent::Erased { .. })).count(), 1);
}
