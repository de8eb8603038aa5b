//! `people`: members of a studio, as an operator takes them in and lets them go.

use crate::ground::{Ground, refusal};

const EMAIL: &str = "ada@studio.example";

async fn studio(ground: &Ground) -> String {
    ground.game("space_shooter").await;
    ground.text("SELECT id FROM studio").await
}

#[tokio::test]
async fn a_person_is_invited_given_a_link_promoted_shut_out_and_let_go() {
    let ground = Ground::new().await;
    let studio = studio(&ground).await;
    let invited =
        ground.run(&["people", "invite", EMAIL, "--studio", &studio, "--role", "owner"]).await;
    assert_eq!(invited.code, 0, "{invited:?}");
    let person_id = invited.out.trim();
    let list = async || ground.run(&["people", "list", &studio]).await;
    assert_eq!(list().await.out, format!("{person_id}\towner\t{EMAIL}\t-\tinvited\n"));

    let base = "https://pay.example/";
    let link = ground.run(&["people", "link", EMAIL, "--base-url", base, "--hours", "1"]).await;
    assert!(link.out.starts_with("https://pay.example/dashboard/enter/"), "{link:?}");
    assert!(link.err.contains("lets ada@studio.example in once"), "{link:?}");

    let bob = "bob@studio.example";
    let invite = ["people", "invite", bob, "--studio", &studio, "--role", "support"];
    assert_eq!(ground.run(&invite).await.code, 0);
    let last = ground.run(&["people", "remove", EMAIL, "--studio", &studio]).await;
    assert!(last.code == 2 && last.err.contains("keeps at least one owner"), "{last:?}");
    let role = ["people", "role", bob, "--studio", &studio, "--role", "owner"];
    assert!(ground.run(&role).await.out.ends_with("\towner\n"));
    assert_eq!(ground.run(&["people", "remove", EMAIL, "--studio", &studio]).await.code, 0);

    assert_eq!(ground.run(&["people", "shut-out", bob]).await.code, 0);
    let after = list().await.out;
    assert!(after.contains(&format!("\towner\t{bob}\t-\tshut out\n")) && !after.contains(EMAIL));
    let link = ground.run(&["people", "link", bob, "--base-url", base]).await;
    assert!(link.code == 2 && link.err.contains("may not come in"), "{link:?}");
    assert_eq!(ground.run(&["people", "let-in", bob]).await.code, 0);

    let actors = "SELECT string_agg(DISTINCT convert_from(entry, 'UTF8')::json ->> 'actor', ',')
                  FROM event WHERE stream LIKE 'person-%'";
    assert!(ground.text(actors).await.starts_with("operator:"));
    let replayed = ground.run(&["replay"]).await;
    assert_eq!(replayed.code, 0, "{replayed:?}");
}

#[tokio::test]
async fn a_row_of_a_person_that_the_log_does_not_tell_of_is_found_named_and_put_right() {
    let ground = Ground::new().await;
    let studio = studio(&ground).await;
    let invite = ["people", "invite", EMAIL, "--studio", &studio, "--role", "owner"];
    assert_eq!(ground.run(&invite).await.code, 0);
    let stray = format!("per_{}", "0".repeat(39));
    ground
        .tamper(&format!(
            "INSERT INTO person VALUES ('{stray}', 1, 'eve@x', NULL, now(), NULL, NULL);
             UPDATE person SET version = 99, email = 'mallory@x' WHERE email = '{EMAIL}'"
        ))
        .await;
    let found = ground.run(&["replay"]).await;
    assert!(found.code == 1 && found.out.contains(&stray), "{found:?}");
    assert!(!found.out.contains("mallory@x"), "a report names nobody: {found:?}");
    ground.run(&["replay", "--rebuild"]).await;
    let replayed = ground.run(&["replay"]).await;
    assert_eq!(replayed.code, 0, "{replayed:?}");
    assert_eq!(ground.text("SELECT string_agg(email, ',') FROM person").await, EMAIL);
}

#[tokio::test]
async fn an_address_that_has_an_account_is_taken_in_only_by_who_says_that_they_know() {
    let ground = Ground::new().await;
    let studio = studio(&ground).await;
    let invite = ["people", "invite", EMAIL, "--studio", &studio, "--role", "owner"];
    let existing = [&invite[..], &["--existing"]].concat();
    let nobody = ground.run(&existing).await;
    assert!(nobody.code == 2 && nobody.err.contains("nobody has an account"), "{nobody:?}");
    assert_eq!(ground.number("SELECT count(*) FROM person_email").await, 0);
    let person_id = ground.run(&invite).await.out.trim().to_owned();

    let other = ["games", "register", "other", "--studio", "Other Studio", "--name", "Other"];
    assert_eq!(ground.run(&other).await.code, 0);
    let other = ground.text("SELECT id FROM studio WHERE name = 'Other Studio'").await;
    let before = ground.number("SELECT count(*) FROM event").await;
    let invite = ["people", "invite", EMAIL, "--studio", &other, "--role", "support"];
    let asked = ground.run(&invite).await;
    assert_eq!(asked.code, 2, "{asked:?}");
    let works_at = format!("works at Acme ({studio}) as owner");
    for told in [person_id.as_str(), "invited", works_at.as_str(), "--existing"] {
        assert!(asked.err.contains(told), "no {told:?} in {asked:?}");
    }
    assert_eq!(ground.number("SELECT count(*) FROM event").await, before);
    assert_eq!(ground.run(&["people", "shut-out", EMAIL]).await.code, 0);
    let asked = ground.run(&invite).await;
    assert!(asked.code == 2 && asked.err.contains("shut out"), "{asked:?}");
    assert_eq!(ground.run(&["people", "let-in", EMAIL]).await.code, 0);

    let taken = ground.run(&[&invite[..], &["--existing"]].concat()).await;
    assert_eq!((taken.code, taken.out.trim()), (0, person_id.as_str()), "{taken:?}");
}

#[tokio::test]
async fn a_person_is_erased_for_ever_by_the_databases_owner_and_the_log_still_adds_up() {
    let ground = Ground::new().await;
    let studio = studio(&ground).await;
    for email in [EMAIL, "bob@studio.example"] {
        let invite = ["people", "invite", email, "--studio", &studio, "--role", "owner"];
        assert_eq!(ground.run(&invite).await.code, 0);
    }
    let erase = ["people", "erase", EMAIL, "--for-ever"];
    let asked = ground.run_as_owner(&erase[..3]).await;
    assert!(asked.code == 2 && asked.err.contains("nobody can undo it"), "{asked:?}");
    let member = ground.run_as_owner(&erase).await;
    assert!(member.code == 2 && member.err.contains("still work at Acme"), "{member:?}");
    assert_eq!(ground.run(&["people", "remove", EMAIL, "--studio", &studio]).await.code, 0);
    let service = ground.run(&erase).await;
    assert!(service.code == 2 && service.err.contains("only the owner"), "{service:?}");
    assert_eq!(ground.run(&["replay"]).await.code, 0);

    let erased = ground.run_as_owner(&erase).await;
    assert_eq!(erased.code, 0, "{erased:?}");
    let row =
        format!("SELECT row(email, name)::text FROM person WHERE id = '{}'", erased.out.trim());
    assert_eq!(ground.text(&row).await, "(,)");
    let replayed = ground.run(&["replay"]).await;
    assert_eq!(replayed.code, 0, "{replayed:?}");
    let gone = ground.run_as_owner(&erase).await;
    assert!(gone.code == 2 && gone.err.contains("nobody has an account"), "{gone:?}");
}

#[tokio::test]
async fn nobody_is_left_behind_by_an_invitation_to_a_studio_that_is_not_there() {
    let ground = Ground::new().await;
    let nowhere = format!("stu_{}", "0".repeat(39));
    let invite = ["people", "invite", EMAIL, "--studio", &nowhere, "--role", "owner"];
    let invited = ground.run(&invite).await;
    assert!(invited.code == 2 && invited.err.contains("no such studio"), "{invited:?}");
    assert_eq!(ground.number("SELECT count(*) FROM person_email").await, 0);
    let link = ground.run(&["people", "link", EMAIL, "--base-url", "https://pay.example"]).await;
    assert!(link.code == 2 && link.err.contains(EMAIL), "{link:?}");
}

#[test]
fn wrong_words_are_told_what_they_should_be() {
    let said = refusal(&["toffeepay", "people", "shut-out", "ada"]);
    assert!(said.contains("must be an e-mail address") && said.contains("\"ada\""), "{said}");
    let invite =
        |role| refusal(&["toffeepay", "people", "invite", EMAIL, "--studio", "x", "--role", role]);
    assert!(invite("boss").contains("must be"), "{}", invite("boss"));
    let link =
        ["toffeepay", "people", "link", EMAIL, "--base-url", "https://p.example", "--hours", "169"];
    assert!(refusal(&link).contains("169"));
}
