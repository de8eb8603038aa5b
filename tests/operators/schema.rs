//! `migrate`, and who may work on what it made.

use std::time::Duration;

use sqlx::PgPool;
use toffeepay::cli::database::close;
use toffeepay::event_store::migrations::{self, MIGRATOR, SchemaError};
use toffeepay::event_store::rights::{self, RightsError};
use tokio::time::timeout;

use crate::ground::{Ground, in_cluster, login, new_database, run};

#[tokio::test]
async fn migrate_prints_each_migration_once_and_says_who_may_connect() {
    let url = new_database("").await;
    let first = run(&["toffeepay", "migrate", "--database-url", &url]).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(first.out.lines().count(), MIGRATOR.iter().count());
    assert!(first.out.contains("20261123000100 create event log"), "{}", first.out);
    assert!(first.err.contains("GRANT toffeepay_service TO"), "{}", first.err);

    let again = run(&["toffeepay", "migrate", "--database-url", &url]).await;
    assert_eq!((again.code, again.out.as_str()), (0, ""));
}

#[tokio::test]
async fn of_two_migrations_at_once_one_waits_for_the_other() {
    let url = new_database("").await;
    let options = url.parse().unwrap();
    let migrate = || migrations::migrate(&options, |_| ());
    let (one, other) = tokio::join!(migrate(), migrate());
    assert_eq!(one.unwrap() + other.unwrap(), MIGRATOR.iter().count());
}

#[tokio::test]
async fn an_owner_who_may_make_no_roles_migrates_where_the_services_role_is_there_already() {
    Ground::new().await; // The role is the whole cluster's.
    in_cluster("CREATE ROLE plain_owner LOGIN").await;
    let url = login(&new_database("OWNER plain_owner").await, "plain_owner");
    let migrated = run(&["toffeepay", "migrate", "--database-url", &url]).await;
    assert_eq!(migrated.code, 0, "{migrated:?}");
    assert!(migrated.err.contains("the whole cluster's"), "{}", migrated.err);
}

#[tokio::test]
async fn a_database_that_a_newer_program_migrated_is_refused() {
    let ground = Ground::new().await;
    ground
        .tamper(
            "INSERT INTO _sqlx_migrations VALUES (29990101000000, 'later', now(), true, '\\x00', 1)",
        )
        .await;
    let refused = run(&["toffeepay", "migrate", "--database-url", &ground.owner_url]).await;
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("newer than the program"), "{}", refused.err);
    let checked = migrations::check(&ground.service).await;
    assert!(matches!(checked, Err(SchemaError::Newer(29990101000000))), "{checked:?}");
}

#[tokio::test]
async fn a_migration_that_was_edited_after_its_release_is_noticed() {
    let ground = Ground::new().await;
    ground
        .tamper("UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 20261123000200")
        .await;
    let checked = migrations::check(&ground.service).await;
    assert!(matches!(checked, Err(SchemaError::Edited(20261123000200))), "{checked:?}");
}

#[tokio::test]
async fn a_database_that_lacks_migrations_is_sent_to_migrate() {
    let empty = PgPool::connect(&new_database("").await).await.unwrap();
    let checked = migrations::check(&empty).await.unwrap_err().to_string();
    assert!(checked.contains("toffeepay migrate"), "{checked}");
    let url = new_database("").await;
    let listed = run(&["toffeepay", "games", "list", "--database-url", &url]).await;
    assert!(listed.code == 2 && listed.err.contains("toffeepay migrate"), "{listed:?}");

    let ground = Ground::new().await;
    migrations::check(&ground.service).await.unwrap();
    let last = MIGRATOR.iter().last().unwrap().version;
    ground.tamper(&format!("DELETE FROM _sqlx_migrations WHERE version = {last}")).await;
    let checked = migrations::check(&ground.service).await;
    let is_behind =
        matches!(checked, Err(SchemaError::Behind { pending: 1, first }) if first == last);
    assert!(is_behind, "{checked:?}");
}

#[tokio::test]
async fn only_a_login_that_cannot_rewrite_the_log_may_serve() {
    let ground = Ground::new().await;
    rights::check(&ground.service).await.unwrap();

    let refused = rights::check(&ground.owner).await;
    assert!(matches!(refused, Err(RightsError::Superuser { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("GRANT toffeepay_service"));
}

#[tokio::test]
async fn a_superuser_who_puts_on_the_services_role_is_still_one() {
    let ground = Ground::new().await;
    let options = "options=-c%20role%3Dtoffeepay_service";
    let sign = if ground.owner_url.contains('?') { '&' } else { '?' };
    let disguised = PgPool::connect(&format!("{}{sign}{options}", ground.owner_url)).await.unwrap();
    let who: String =
        sqlx::query_scalar("SELECT current_user::text").fetch_one(&disguised).await.unwrap();
    assert_eq!(who, "toffeepay_service");
    let refused = rights::check(&disguised).await;
    assert!(matches!(refused, Err(RightsError::Superuser { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_owner_and_whoever_can_become_it_may_not_serve() {
    let ground = Ground::new().await;
    in_cluster(
        "CREATE ROLE rights_owner LOGIN; CREATE ROLE rights_friend LOGIN;
         GRANT rights_owner TO rights_friend; GRANT toffeepay_service TO rights_friend",
    )
    .await;
    ground.tamper("ALTER TABLE event OWNER TO rights_owner").await;
    for role in ["rights_owner", "rights_friend"] {
        let pool = PgPool::connect(&login(&ground.owner_url, role)).await.unwrap();
        let refused = rights::check(&pool).await;
        assert!(matches!(refused, Err(RightsError::Owner { .. })), "{role}: {refused:?}");
    }
}

#[tokio::test]
async fn a_login_that_may_change_one_partition_may_not_serve() {
    let ground = Ground::new().await;
    in_cluster("CREATE ROLE rights_writer LOGIN; GRANT toffeepay_service TO rights_writer").await;
    let pool = PgPool::connect(&login(&ground.owner_url, "rights_writer")).await.unwrap();
    rights::check(&pool).await.unwrap();
    for (grant, right) in [("UPDATE (entry)", "UPDATE"), ("TRUNCATE", "TRUNCATE")] {
        ground.tamper(&format!("GRANT {grant} ON event_p1 TO rights_writer")).await;
        let refused = rights::check(&pool).await.unwrap_err().to_string();
        assert!(refused.contains(right) && refused.contains("event_p1"), "{refused}");
        ground.tamper(&format!("REVOKE {grant} ON event_p1 FROM rights_writer")).await;
    }
}

#[tokio::test]
async fn a_login_without_the_role_and_a_database_without_a_log_are_told_what_is_missing() {
    let ground = Ground::new().await;
    in_cluster("CREATE ROLE rights_nobody LOGIN").await;
    let nobody = PgPool::connect(&login(&ground.owner_url, "rights_nobody")).await.unwrap();
    let refused = rights::check(&nobody).await;
    assert!(matches!(refused, Err(RightsError::MayNotAppend { .. })), "{refused:?}");

    let empty = PgPool::connect(&new_database("").await).await.unwrap();
    let refused = rights::check(&empty).await;
    assert!(matches!(refused, Err(RightsError::NoLog)), "{refused:?}");
}

#[tokio::test]
async fn a_connection_that_does_not_end_holds_the_process_up_for_moments_only() {
    let ground = Ground::new().await;
    let hangs = ground.service.acquire().await.unwrap();
    timeout(Duration::from_secs(60), close(&ground.service)).await.unwrap();
    drop(hangs);
}
