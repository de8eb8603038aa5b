//! What was sent to an endpoint is found, told, and sent again, by those who may and by nobody else.

use axum::http::StatusCode;
use futures::future::join_all;
use sqlx::raw_sql;
use toffeepay::{
    domain::{
        game::{DisabledBy, Endpoint, Game, GameCommand, PayloadShape, WebhookType},
        id::EndpointId,
        studio::Role,
        world::World,
    },
    event_store::CommandContext,
    ids::NewId,
    webhooks::{
        MESSAGES_LOOKED_AT_MAX, MessageSearch, MessageState, MessageTurn, endpoint_health,
        message_cursor, recovery, search_messages_plans,
    },
};

use super::stage::{GAME, OTHER_GAME, Page, REFUSAL, Stage};

/// Somebody who builds the game, as their browser keeps it.
async fn developer(stage: &Stage) -> String {
    let (_, link) = stage.person("dev@studio.example", GAME, Role::Developer).await;
    stage.enter(&link).await
}

fn list_path(endpoint_id: &EndpointId) -> String {
    format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}/deliveries")
}

/// Has a game's settings changed by somebody.
pub(crate) async fn change(stage: &Stage, game_id: &str, actor: &str, command: GameCommand) {
    let context = CommandContext::new(actor, "request-1", stage.now());
    stage.store.execute::<Game>(game_id, command, &context).await.unwrap();
}

/// An endpoint to which nothing was sent.
pub(crate) async fn quiet_endpoint(stage: &Stage, game_id: &str, world: World) -> EndpointId {
    let (endpoint_id, at) = (EndpointId::new(stage.now()), stage.now());
    let url = "https://quiet.example/hooks".parse().unwrap();
    let types = vec![WebhookType::SessionPaid];
    let endpoint = Endpoint::new(world, url, PayloadShape::Flat, types);
    let add = GameCommand::AddEndpoint { endpoint_id: endpoint_id.clone(), endpoint, at };
    change(stage, game_id, "operator:ada", add).await;
    endpoint_id
}

fn message(number: u64) -> String {
    format!("msg_{number:032x}")
}

/// Adds `count` messages over the last 28 days. Of every ten one was given up, of every fifty one is due;
/// all others were taken at the first attempt. Of every hundred one tells of a session that failed.
pub(crate) async fn add_messages(stage: &Stage, endpoint_id: &EndpointId, count: u64) {
    let sql = format!(
        "INSERT INTO webhook_endpoint (endpoint_id, game_id, endpoint, from_position)
         VALUES ('{endpoint_id}', '{GAME}', '{{}}', 0) ON CONFLICT DO NOTHING;
         CREATE TEMP TABLE it AS
         SELECT n, 'msg_' || lpad(to_hex(n), 32, '0') AS message_id,
                'sess_' || lpad(n::text, 38, '0') || '0' AS session_id,
                date_trunc('second', now()) - ({count} - n) * (interval '28 days' / {count}) AS noted_at
         FROM generate_series(1, {count}) n;
         INSERT INTO webhook_message
             (noted_at, endpoint_id, message_id, session_id, sequence, ordinal, type, body)
         SELECT noted_at, '{endpoint_id}', message_id, session_id, 1, 0,
                CASE WHEN n % 100 = 7 THEN 'session.failed' ELSE 'session.paid' END, '\\x00' FROM it;
         INSERT INTO webhook_dead (endpoint_id, noted_at, message_id, session_id, sequence, ordinal,
                                   attempts, died_at)
         SELECT '{endpoint_id}', noted_at, message_id, session_id, 1, 0, 13, now()
         FROM it WHERE n % 10 = 0;
         INSERT INTO webhook_due (endpoint_id, noted_at, message_id, session_id, sequence, ordinal,
                                  attempts, next_at)
         SELECT '{endpoint_id}', noted_at, message_id, session_id, 1, 0, 1, now() + interval '1 hour'
         FROM it WHERE n % 50 = 1;
         INSERT INTO webhook_attempt (written_at, endpoint_id, fence, message_id, number, at, outcome,
                                      http_status, elapsed_ms)
         SELECT noted_at, '{endpoint_id}', 1, message_id, 1, noted_at,
                CASE WHEN n % 10 = 0 OR n % 50 = 1 THEN 'refused' ELSE 'delivered' END,
                CASE WHEN n % 10 = 0 OR n % 50 = 1 THEN 503 ELSE 200 END, n % 300 FROM it;
         DROP TABLE it"
    );
    raw_sql(&sql).execute(&stage.database.owner).await.unwrap();
}

/// The numbers of the messages on a page, in its order.
fn numbers(text: &str) -> Vec<u64> {
    let links = text.split("class=\"row-link\" href=\"").skip(1);
    let ids = links.map(|it| it.split_once('"').unwrap().0.rsplit_once("msg_").unwrap().1);
    ids.map(|it| u64::from_str_radix(it, 16).unwrap()).collect()
}

/// Goes from page to page by the link, and back by the other one; what was seen on the way there.
async fn walk(stage: &Stage, cookie: &str, path: &str) -> Vec<u64> {
    let mut page = stage.get_as(cookie, path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.link("Newer").is_none(), "nothing is newer than the newest");
    let mut last = numbers(&page.text);
    let mut seen = last.clone();
    while let Some(older) = page.link("Older") {
        page = stage.get_as(cookie, &older).await;
        assert!(page.link("Newest").is_some());
        last = numbers(&page.text);
        seen.extend(&last);
    }
    let mut back = last;
    while let Some(newer) = page.link("Newer") {
        page = stage.get_as(cookie, &newer).await;
        back.splice(0..0, numbers(&page.text));
    }
    assert_eq!(back, seen, "the way back shows the same for {path}");
    seen
}

#[tokio::test]
async fn every_message_is_on_one_page_whatever_is_asked_for() {
    const COUNT: u64 = 333;
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    add_messages(&stage, &endpoint_id, COUNT).await;
    let expected = |is_wanted: &dyn Fn(u64) -> bool| {
        (1..=COUNT).rev().filter(|it| is_wanted(*it)).collect::<Vec<_>>()
    };
    let list = list_path(&endpoint_id);
    let walk = async |query: &str| walk(&stage, &cookie, &format!("{list}{query}")).await;
    assert_eq!(walk("").await, expected(&|_| true));
    assert_eq!(walk("?status=failed").await, expected(&|it| it % 10 == 0));
    assert_eq!(walk("?status=waiting").await, expected(&|it| it % 50 == 1));
    let is_taken = |it: u64| !it.is_multiple_of(10) && it % 50 != 1;
    assert_eq!(walk("?status=delivered").await, expected(&is_taken));
    assert_eq!(walk("?type=session.failed").await, expected(&|it| it % 100 == 7));
    assert_eq!(walk("?type=session.paid&status=failed").await, expected(&|it| it % 10 == 0));
    let page =
        stage.get_as(&cookie, &format!("{list}?status=delivered&type=session.cancelled")).await;
    page.assert_has("No message matches");
    let (day, _) =
        stage.now().to_rfc3339().split_once('T').map(|(it, _)| (it.to_owned(), ())).unwrap();
    let today = walk(&format!("?from={day}&to={day}")).await;
    let before = walk(&format!("?to={day}T00:00&status=failed")).await;
    assert!(!today.is_empty() && today.first() == Some(&COUNT), "{today:?}");
    assert!(before.first() < today.last() && before.last() == Some(&10), "{before:?}");
}

#[tokio::test]
async fn a_list_tells_of_each_message_where_it_stands_and_what_was_answered() {
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    stage.get_as(&cookie, &list_path(&endpoint_id)).await.assert_has("Nothing was sent here yet");
    add_messages(&stage, &endpoint_id, 52).await;
    let page = stage.get_as(&cookie, &list_path(&endpoint_id)).await;
    for text in [
        "50 on this page",
        ">Given up</span>",
        ">To be sent again</span>",
        ">Delivered</span>",
        "<strong>503</strong> <span class=\"hint\">Refused by the receiver</span>",
        "<strong>200</strong> <span class=\"hint\">Delivered</span>",
        "session.failed",
        &format!("/dashboard/{GAME}/test/sessions/sess_"),
    ] {
        page.assert_has(text);
    }
    assert_eq!(page.text.matches("<strong>503</strong>").count(), 6, "5 were given up, one waits");
    let (_, list) = page.text.split_once("id=\"found\"").unwrap();
    assert_eq!(list.matches("data-label=\"Attempts\"><div>1</div>").count(), 50);
}

#[tokio::test]
async fn a_bad_filter_is_named_with_its_rule_and_the_form_stays_filled() {
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    let other = quiet_endpoint(&stage, GAME, World::Test).await;
    add_messages(&stage, &other, 1).await;
    let query = "?status=%3Cb%3E&type=session.paid&from=yesterday&to=2026-01-01";
    let page = stage.get_as(&cookie, &format!("{}{query}", list_path(&endpoint_id))).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.assert_has("must be delivered, waiting or failed; received <bdi>&quot;&lt;b&gt;&quot;");
    page.assert_has("value=\"yesterday\"");
    page.assert_has("<option value=\"session.paid\" selected>");
    page.assert_has_no("<b>");
    // A message of another endpoint is no place in this one's list.
    let page =
        stage.get_as(&cookie, &format!("{}?before={}", list_path(&endpoint_id), message(1))).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

/// How many days' partitions a plan reads from end to end. Of days to come there is an empty one each, and of the
/// oldest day a few rows may be left: both cost next to nothing, a whole day of 7,000 rows hundreds.
fn whole_days(plan: &str) -> usize {
    let scans = plan.lines().filter(|it| it.contains("Seq Scan"));
    let costs = scans.map(|it| it.split_once("..").unwrap().1.split_once(' ').unwrap().0);
    costs.filter(|it| 50.0 < it.parse::<f64>().unwrap()).count()
}

#[tokio::test]
async fn no_list_reads_a_whole_table_among_a_hundred_thousand_messages() {
    let stage = Stage::new().await;
    let ids = [
        quiet_endpoint(&stage, GAME, World::Test).await,
        quiet_endpoint(&stage, GAME, World::Test).await,
    ];
    for id in &ids {
        add_messages(&stage, id, 100_000).await;
    }
    // Most of what is due and was given up is of others.
    let others = format!(
        "INSERT INTO webhook_due (endpoint_id, noted_at, message_id, session_id, sequence, ordinal)
         SELECT '{0}', now(), 'other_' || n, 'sess_1', 1, 0 FROM generate_series(1, 40000) n;
         INSERT INTO webhook_dead (endpoint_id, noted_at, message_id, session_id, sequence, ordinal,
                                   attempts, died_at)
         SELECT '{0}', now(), 'other_' || n, 'sess_1', 1, 0, 13, now() FROM generate_series(1, 90000) n",
        ids[1]
    );
    raw_sql(&others).execute(&stage.database.owner).await.unwrap();
    let analyze = "VACUUM ANALYZE webhook_message, webhook_attempt, webhook_due, webhook_dead";
    raw_sql(analyze).execute(&stage.database.owner).await.unwrap();
    let pool = &stage.database.service;
    let middle = message_cursor(pool, &ids[0], &message(50_000)).await.unwrap().unwrap();
    let states = [None].into_iter().chain(MessageState::ALL.map(Some));
    for state in states {
        for webhook_type in [None, Some(WebhookType::SessionFailed)] {
            for turn in [
                MessageTurn::Newest,
                MessageTurn::Before(middle.clone()),
                MessageTurn::After(middle.clone()),
            ] {
                let search = MessageSearch { state, webhook_type, ..MessageSearch::default() };
                let plans = search_messages_plans(pool, &ids[0], &search, &turn, 50).await.unwrap();
                for plan in plans {
                    assert_eq!(whole_days(&plan), 0, "{search:?} {turn:?}: {plan}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_look_for_what_no_index_leads_to_stops_after_ten_thousand_messages_and_can_go_on() {
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    add_messages(&stage, &endpoint_id, 15_000).await;
    let path = format!("{}?type=session.cancelled", list_path(&endpoint_id));
    let page = stage.get_as(&cookie, &path).await;
    page.assert_has("No match so far");
    page.assert_has("reads 10,000 messages at a time");
    let older = page.link("Older").unwrap();
    let last = message(15_000 - u64::from(MESSAGES_LOOKED_AT_MAX) + 1);
    assert!(older.contains(&format!("before={last}")), "{older}");
    let page = stage.get_as(&cookie, &older).await;
    page.assert_has("No message matches");
    assert!(page.link("Older").is_none());
}

#[tokio::test]
async fn what_was_given_up_is_found_beyond_very_many_that_were_handed_in_again() {
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    add_messages(&stage, &endpoint_id, 25_000).await;
    let again = "INSERT INTO webhook_due (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, next_at)
         SELECT endpoint_id, noted_at, message_id, session_id, sequence, ordinal, now() + interval '1 hour'
         FROM webhook_dead ORDER BY noted_at DESC LIMIT 2100";
    raw_sql(again).execute(&stage.database.owner).await.unwrap();
    let page = stage.get_as(&cookie, &format!("{}?status=failed", list_path(&endpoint_id))).await;
    page.assert_has("No match so far");
    page.assert_has("reads 2,000 messages at a time");
    let page = stage.get_as(&cookie, &page.link("Older").unwrap()).await;
    // Every tenth was given up.
    assert_eq!(numbers(&page.text).first(), Some(&(25_000 - 2_100 * 10)));
}

#[tokio::test]
async fn whoever_was_outrun_by_others_is_told_to_look_again() {
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    add_messages(&stage, &endpoint_id, 40).await;
    // All of them are noted in the log of one game at the same moment.
    let again = (1..=40).map(|it| format!("{}/{}/again", list_path(&endpoint_id), message(it)));
    let token = format!("form_token={}", stage.form_token(&cookie).await);
    let sent: Vec<_> = again.collect();
    let pages = join_all(sent.iter().map(|path| stage.post_as(&cookie, path, &token))).await;
    let (done, outrun): (Vec<_>, Vec<_>) =
        pages.iter().partition(|it| it.status == StatusCode::SEE_OTHER);
    assert!(!done.is_empty() && !outrun.is_empty(), "{} of {}", done.len(), pages.len());
    for page in outrun {
        assert_eq!(page.status, StatusCode::CONFLICT);
        page.assert_has("It was being changed at the same moment.");
        assert!(page.link("Look again").unwrap().contains("/deliveries/msg_"));
    }
}

/// A message that was refused once by the stage's endpoint.
async fn refused(stage: &Stage) -> (EndpointId, String, String) {
    let endpoint_id = stage.endpoint().await;
    let session = stage.session("player_42", "50 Gold Coins").await;
    stage.pay(&session).await;
    stage.deliver().await;
    let id = "SELECT message_id FROM webhook_message";
    let id: String = sqlx::query_scalar(id).fetch_one(&stage.database.owner).await.unwrap();
    (endpoint_id, id, session.to_string())
}

#[tokio::test]
async fn a_message_is_told_with_what_was_sent_and_answered_and_is_sent_again_by_a_button() {
    let stage = Stage::new().await;
    let cookie = developer(&stage).await;
    let (endpoint_id, id, session) = refused(&stage).await;
    let path = format!("{}/{id}", list_path(&endpoint_id));
    let page = stage.get_as(&cookie, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "Attempt 1: Refused by the receiver, status 500",
        "Look into its log at this time.",
        "&lt;script&gt;alert('answer')&lt;/script&gt;",
        "<code>webhook-id</code>",
        "<code>x-toffeepay-signature</code>",
        &format!("  &quot;session_id&quot;: &quot;{session}&quot;"),
        &format!("&quot;session_id&quot;:&quot;{session}&quot;"),
        &format!("/dashboard/{GAME}/test/sessions/{session}"),
        "To be sent again",
        ">Send again</button>",
    ] {
        page.assert_has(text);
    }
    page.assert_has_no(REFUSAL);
    page.assert_has_no("whsec_");

    let page = stage.send_as(&cookie, &format!("{path}/again"), "").await;
    assert_eq!(page.location(), format!("{path}?done=sent-again"));
    let page = stage.get_as(&cookie, page.location()).await;
    page.assert_has("It is sent again now.");
    page.assert_has("at once");
    page.assert_has_no("1970");
    stage.deliver().await;
    let page = stage.get_as(&cookie, &format!("{path}?done=sent-again")).await;
    page.assert_has(">Delivered</span>");
    page.assert_has("Attempt 1: Delivered, status 200");
    page.assert_has("the last attempt below is the new one");
}

#[tokio::test]
async fn support_sends_a_message_again_and_comes_back_to_the_session() {
    let stage = Stage::new().await;
    let (endpoint_id, id, session) = refused(&stage).await;
    let path = format!("{}/{id}", list_path(&endpoint_id));
    let (_, link) = stage.person("sue@studio.example", GAME, Role::Support).await;
    let support = stage.enter(&link).await;
    assert_eq!(stage.get_as(&support, &path).await.status, StatusCode::FORBIDDEN);
    let page = stage.send_as(&support, &format!("{path}/again"), "").await;
    let of_session = format!("/dashboard/{GAME}/test/sessions/{session}?done=sent-again");
    assert_eq!(page.location(), of_session);
    stage.deliver().await;
    stage.get_as(&support, &of_session).await.assert_has(">Delivered</span>");
}

#[tokio::test]
async fn what_is_of_another_endpoint_game_or_world_is_as_unknown_as_what_never_was() {
    let stage = Stage::new().await;
    let cookie = developer(&stage).await;
    let (endpoint_id, id, _) = refused(&stage).await;
    let live = quiet_endpoint(&stage, GAME, World::Live).await;
    let others = quiet_endpoint(&stage, OTHER_GAME, World::Test).await;
    let quiet = quiet_endpoint(&stage, GAME, World::Test).await;
    let base =
        |world: &str, endpoint: &str| format!("/dashboard/{GAME}/{world}/endpoints/{endpoint}");
    for path in [
        base("live", endpoint_id.as_str()),
        base("test", live.as_str()),
        base("test", others.as_str()),
        base("test", "whe_1"),
        base("test", "%00"),
    ] {
        for page in ["deliveries".to_owned(), format!("deliveries/{id}"), "recoveries".to_owned()] {
            let page = stage.get_as(&cookie, &format!("{path}/{page}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            page.assert_has_no("/hooks");
        }
        for form in [format!("deliveries/{id}/again"), "recoveries".to_owned()] {
            let page = stage.send_as(&cookie, &format!("{path}/{form}"), "since=2026-01-01").await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    for id in [id.as_str(), "msg_1", "%00", &message(1)] {
        let path = format!("{}/{id}", list_path(&quiet));
        assert_eq!(stage.get_as(&cookie, &path).await.status, StatusCode::NOT_FOUND, "{id}");
        let again = stage.send_as(&cookie, &format!("{path}/again"), "").await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "{id}");
    }
    let due = "SELECT count(*) FROM webhook_due WHERE attempts = 0";
    let due: i64 = sqlx::query_scalar(due).fetch_one(&stage.database.owner).await.unwrap();
    assert_eq!(due, 0, "nothing was sent again");
}

#[tokio::test]
async fn an_endpoint_is_told_to_fail_to_rest_to_deliver_and_to_be_paused_by_whom() {
    let stage = Stage::new().await;
    let cookie = developer(&stage).await;
    let (endpoint_id, _, _) = refused(&stage).await;
    let list = list_path(&endpoint_id);
    let page = stage.get_as(&cookie, &list).await;
    page.assert_has(">Failing</span>");
    page.assert_has("1 attempt has failed in a row");
    page.assert_has("<span class=\"value\">0%</span>");
    let rest = "UPDATE webhook_lane SET open_until = $1";
    let until = stage.now() + chrono::TimeDelta::minutes(5);
    sqlx::query(rest).bind(until).execute(&stage.database.owner).await.unwrap();
    let page = stage.get_as(&cookie, &list).await;
    page.assert_has(">Resting</span>");
    page.assert_has("is left alone until");
    stage.advance(301);
    stage.deliver().await;
    let page = stage.get_as(&cookie, &list).await;
    page.assert_has(">Delivering</span>");
    page.assert_has("nothing is late");

    let (person, _) = stage.person("bob@studio.example", GAME, Role::Developer).await;
    let gone = "person:per_06h28j6ygm000fsw2x3yc1kpqt0a9cwbt".to_owned();
    for (actor, who) in [
        (format!("person:{person}"), "bob@studio.example"),
        ("operator:ada".to_owned(), "support"),
        (gone, "Paused by somebody whose data was erased"),
    ] {
        let (id, at) = (endpoint_id.clone(), stage.now());
        let disable =
            GameCommand::DisableEndpoint { endpoint_id: id.clone(), by: DisabledBy::Person, at };
        change(&stage, GAME, &actor, disable).await;
        let page = stage.get_as(&cookie, &list).await;
        page.assert_has(">Paused</span>");
        page.assert_has(who);
        page.assert_has_no("operator:ada");
        let enable = GameCommand::EnableEndpoint { endpoint_id: id, at: stage.now() };
        change(&stage, GAME, &actor, enable).await;
    }
    let pause = format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}/pause");
    stage.send_as(&cookie, &pause, "why=The+server+moves").await.location();
    stage.get_as(&cookie, &list).await.assert_has("Why: <bdi>The server moves</bdi>");
}

#[tokio::test]
async fn attempts_are_counted_by_the_hour_whatever_came_of_them() {
    let stage = Stage::new().await;
    let endpoint_id = quiet_endpoint(&stage, GAME, World::Test).await;
    add_messages(&stage, &endpoint_id, 2_000).await;
    let health = endpoint_health(&stage.database.service, &endpoint_id, stage.now()).await.unwrap();
    let counted = "SELECT count(*), count(*) FILTER (WHERE outcome = 'delivered')
        FROM webhook_attempt WHERE date_trunc('hour', $1 - interval '7 days') < written_at";
    let expected: (i64, i64) = sqlx::query_as(counted)
        .bind(stage.now() + chrono::TimeDelta::hours(1))
        .fetch_one(&stage.database.owner)
        .await
        .unwrap();
    let week = toffeepay::webhooks::Hour::sum(&health.hours);
    assert_eq!((week.attempts, week.delivered), expected);
    assert_eq!((week.first_attempts, week.first_delivered), expected);
    assert_eq!(week.durations.iter().sum::<i64>(), week.attempts);
    // From 0 to 299 ms, each as often.
    assert_eq!((week.within_ms(50), week.within_ms(95)), (Some(250), Some(500)));
    assert_eq!((health.given_up.count, health.waiting.count), (200, 40));
    let late = "INSERT INTO webhook_attempt (endpoint_id, fence, message_id, number, at, outcome, elapsed_ms)
        VALUES ('whe_gone', 1, 'msg_1', 2, now(), 'connect', 1), ('whe_gone', 1, 'msg_2', 2, now(), 'timeout', 10001)";
    sqlx::query(late).execute(&stage.database.service).await.unwrap();
    let hour =
        "SELECT attempts, first_attempts, longer FROM webhook_hour WHERE endpoint_id = 'whe_gone'";
    let hour: (i64, i64, i64) =
        sqlx::query_as(hour).fetch_one(&stage.database.owner).await.unwrap();
    assert_eq!(hour, (2, 0, 1));
}

fn hidden<'a>(page: &'a Page, name: &str) -> Vec<&'a str> {
    let begins = format!("name=\"{name}\" value=\"");
    let fields = page.text.split(begins.as_str()).skip(1);
    fields.map(|it| it.split_once('"').unwrap().0).collect()
}

#[tokio::test]
async fn a_recovery_is_counted_started_once_and_followed_to_its_end() {
    let stage = Stage::new().await;
    let (cookie, endpoint_id) =
        (developer(&stage).await, quiet_endpoint(&stage, GAME, World::Test).await);
    add_messages(&stage, &endpoint_id, 1_000).await;
    let path = format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}/recoveries");
    let page = stage.get_as(&cookie, &path).await;
    page.assert_has("None was started yet.");
    page.assert_has_no("Send them again");
    let page = stage.get_as(&cookie, &format!("{path}?since=2126-01-01T00:00")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.assert_has("must not be in the future; received");
    page.assert_has("value=\"2126-01-01T00:00\"");
    let page = stage.send_as(&cookie, &path, "since=2020-01-01").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.assert_has("must be within the last 30 days");

    let since = (stage.now() - chrono::TimeDelta::days(29)).format("%Y-%m-%dT%H:%M:%S");
    let page = stage.get_as(&cookie, &format!("{path}?since={since}")).await;
    page.assert_has("<strong>100 messages</strong> given up");
    page.assert_has("<strong>20 messages</strong> waiting for a later attempt");
    let form_id = (*hidden(&page, "form_id").last().unwrap()).to_owned();
    let fields = format!("since={since}&form_id={form_id}");
    for _ in 0..2 {
        let page = stage.send_as(&cookie, &path, &fields).await;
        assert_eq!(page.location(), format!("{path}?done=started"));
    }
    let page = stage.get_as(&cookie, &format!("{path}?done=started")).await;
    page.assert_has("The recovery was started.");
    page.assert_has("0 of 120");
    assert_eq!(page.text.matches(">Under way</span>").count(), 1, "sent twice, started once");
    while recovery::step(&stage.database.service).await.unwrap().is_some() {}
    let page = stage.get_as(&cookie, &path).await;
    page.assert_has("120 of 120");
    page.assert_has(">All handed in</span>");
    let page = stage.get_as(&cookie, &format!("{path}?since={since}")).await;
    page.assert_has("There is nothing to hand in again");
}
