//! How long the pages take that search among ten million sessions and a million messages. On demand, and
//! some minutes long:
//!
//! ```sh
//! cargo test --release --test dashboard how_long -- --ignored --nocapture
//! ```
//!
//! Makes a Postgres of its own on disk (about 8 GB, removed at the end) and asks as a browser does that is
//! signed in. `docs/dashboard-speed.md` is what it printed once.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::COOKIE},
};
use sqlx::{postgres::PgConnectOptions, raw_sql};
use toffeepay::{
    domain::{
        id::EndpointId,
        studio::Role,
        world::World::{self, Live, Test},
    },
    event_store::migrations::migrate,
};
use tower::ServiceExt;

use super::{
    deliveries::{add_messages, quiet_endpoint},
    stage::{GAME, OTHER_GAME, Stage},
    support::{
        cluster::{Scratch, durable},
        database::TestDatabase,
    },
};

/// Of these, six of ten are the game's in the live world, three in the test world; one is another game's.
const SESSIONS: u64 = 10_000_000;
/// All of one endpoint.
const MESSAGES: u64 = 1_000_000;
/// Another number of sessions, for a machine that is small.
const SESSIONS_VARIABLE: &str = "SPEED_SESSIONS";
/// Written at once, so that there is progress to be seen.
const STEP: u64 = 500_000;
/// How often each page is asked for, each time from another place in the middle of the list.
const TIMES: u64 = 15;
/// What a page may take.
const AT_MOST: Duration = Duration::from_millis(100);

/// What is asked for, alone and together; of each, whether its words are few of many.
const SEARCHES: [&str; 24] = [
    "",
    "status=paid",
    "status=failed",
    "status=pending",
    "currency=EUR",
    "currency=JPY",
    "from=2026-02-01&to=2026-02-01",
    "to=2026-01-15",
    "q=often",
    "q=player_22",
    "q=sword",
    "q=nowhere",
    "q=sword+of+truth+77",
    "q=often&status=failed",
    "q=often&currency=JPY",
    "q=often&from=2026-02-01&to=2026-02-28",
    "q=nowhere&status=paid",
    "q=nowhere&status=failed",
    "status=paid&currency=JPY",
    "status=paid&from=2026-02-01&to=2026-02-01",
    "currency=EUR&from=2026-02-01&to=2026-02-28",
    "q=often&in=player&status=failed&currency=JPY",
    "q=nowhere&in=title&status=paid&currency=EUR&from=2026-01-10&to=2026-04-10",
    "q=sword&status=cancelled&currency=EUR",
];

const MESSAGE_SEARCHES: [&str; 9] = [
    "",
    "status=delivered",
    "status=waiting",
    "status=failed",
    "type=session.failed",
    "type=session.cancelled",
    "status=failed&type=session.cancelled",
    "status=waiting&type=session.cancelled",
    "status=delivered&type=session.cancelled",
];

/// A browser, and what it has measured.
struct Browser {
    routes: Router,
    cookie: String,
    slow: Vec<String>,
}

impl Browser {
    /// How long a page took; the whole of it.
    async fn time(&self, path: &str) -> Duration {
        let request = Request::get(path).header(COOKIE, &self.cookie).body(Body::empty()).unwrap();
        let began = Instant::now();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let took = began.elapsed();
        assert_eq!(status, StatusCode::OK, "{path}");
        took
    }

    /// Prints a row of the table: the first time, the usual one and the longest.
    async fn show(&mut self, what: &str, paths: impl IntoIterator<Item = String>) {
        let mut times = vec![];
        for path in paths {
            times.push(self.time(&path).await);
        }
        let first = times[0];
        times.sort();
        let (usual, longest) = (times[times.len() / 2], times[times.len() - 1]);
        let ms =
            |it: Duration| format!("{}.{} ms", it.as_millis(), it.subsec_micros() % 1_000 / 100);
        println!("| {what} | {} | {} | {} |", ms(first), ms(usual), ms(longest));
        if AT_MOST < longest {
            self.slow.push(format!("{what}: {longest:.1?}"));
        }
    }
}

/// One a second, in the order of time; who bought what has nothing to do with that order.
async fn add_sessions(stage: &Stage, from: u64, to: u64) {
    let sql = format!(
        "CREATE TEMP TABLE it AS
         SELECT n, lpad(n::text, 38, '0') || '0' AS id, r, r / 10 % 1000 AS state,
                CASE WHEN r % 10 = 0 THEN '{OTHER_GAME}' ELSE '{GAME}' END AS game_id,
                CASE WHEN r % 10 < 4 THEN 'test' ELSE 'live' END AS world,
                CASE WHEN player % 50 = 0 THEN 'often' ELSE 'player_' || player % 3000000 END AS user_id,
                timestamptz '2026-01-01 00:00Z' + n * interval '1 second' AS at
         FROM (SELECT n, abs(hashint8(n)::bigint) AS r, abs(hashint8(n + 1000000000)::bigint) AS player
               FROM generate_series({from}, {to}) n) it;
         INSERT INTO session
         SELECT 'sess_' || id, 1, game_id, world, user_id,
                CASE WHEN state < 600 THEN 'paid' WHEN state < 601 THEN 'failed'
                     WHEN state < 620 THEN 'pending' WHEN state < 720 THEN 'cancelled' ELSE 'expired' END,
                CASE WHEN r / 10000 % 7 = 0 THEN 'Sword of Truth ' ELSE '50 Gold Coins ' END || n, 499,
                CASE WHEN r / 70000 % 20 = 0 THEN 'EUR' ELSE 'USD' END, NULL, NULL, 'mygame://done',
                at, at + interval '1 day', NULL, NULL,
                CASE WHEN state < 600 THEN 'pay_' || id ELSE '' END, false
         FROM it ORDER BY n;
         INSERT INTO payment
         SELECT 'pay_' || id, 1, 'sess_' || id, game_id, world, user_id,
                CASE WHEN state < 30 THEN 'refunded' ELSE 'succeeded' END, 499, 'USD', 'card', 'sandbox',
                NULL, at, NULL, at, NULL, NULL, NULL, NULL
         FROM it WHERE state < 600 ORDER BY n;
         DROP TABLE it"
    );
    raw_sql(&sql).execute(&stage.database.owner).await.unwrap();
}

async fn fill(stage: &Stage, sessions: u64) {
    let began = Instant::now();
    for from in (1..=sessions).step_by(STEP.try_into().unwrap()) {
        let to = sessions.min(from + STEP - 1);
        add_sessions(stage, from, to).await;
        eprintln!("{to} sessions after {:.0?}", began.elapsed());
    }
}

/// Ids of sessions all over the middle of the list of a world.
async fn middle(stage: &Stage, world: World, sessions: u64) -> Vec<String> {
    let mut ids = vec![];
    for number in 1..=TIMES {
        let near = sessions / 4 + number * sessions / (2 * TIMES);
        let id = sqlx::query_scalar(
            "SELECT id FROM session WHERE 'sess_' || lpad($1::text, 38, '0') <= id AND game_id = $2
             AND world = $3 ORDER BY id LIMIT 1",
        );
        let id = id.bind(i64::try_from(near).unwrap()).bind(GAME).bind(world.as_str());
        ids.push(id.fetch_one(&stage.database.owner).await.unwrap());
    }
    ids
}

/// The same page again and again.
fn repeated(path: &str) -> impl Iterator<Item = String> {
    (0..TIMES).map(|_| path.to_owned())
}

async fn show_sessions(browser: &mut Browser, stage: &Stage, world: World, sessions: u64) {
    let list = format!("/dashboard/{GAME}/{world}/sessions");
    let middle = middle(stage, world, sessions).await;
    println!(
        "\n## Sessions, {world} world\n\n| search | first | usual | longest |\n| --- | --- | --- | --- |"
    );
    for search in SEARCHES {
        let name = if search.is_empty() { "all" } else { search };
        browser.show(&format!("`{name}`"), repeated(&format!("{list}?{search}"))).await;
        for side in ["before", "after"] {
            let paths = middle.iter().map(|id| format!("{list}?{search}&{side}={id}"));
            browser.show(&format!("`{name}`, {side} one in the middle"), paths).await;
        }
    }
    let paths = middle.iter().map(|id| format!("{list}?q=ref_{}", &id[5..]));
    browser.show("an id that nothing has", paths).await;
}

async fn show_messages(browser: &mut Browser, endpoint_id: &EndpointId) {
    let endpoint = format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}");
    let list = format!("{endpoint}/deliveries");
    println!("\n## Deliveries\n\n| page | first | usual | longest |\n| --- | --- | --- | --- |");
    let numbers = (1..=TIMES).map(|it| MESSAGES / 4 + it * MESSAGES / (2 * TIMES));
    let middle: Vec<String> = numbers.map(|it| format!("msg_{it:032x}")).collect();
    for search in MESSAGE_SEARCHES {
        let name = if search.is_empty() { "all" } else { search };
        browser.show(&format!("`{name}`"), repeated(&format!("{list}?{search}"))).await;
        for side in ["before", "after"] {
            let paths = middle.iter().map(|id| format!("{list}?{search}&{side}={id}"));
            browser.show(&format!("`{name}`, {side} one in the middle"), paths).await;
        }
    }
    browser.show("one message", middle.iter().map(|id| format!("{list}/{id}"))).await;
    browser.show("the endpoint", repeated(&endpoint)).await;
    browser.show("its recoveries", repeated(&format!("{endpoint}/recoveries"))).await;
}

/// The role that may see both.
async fn browser(stage: &Stage) -> Browser {
    let (_, link) = stage.person("owner@studio.example", GAME, Role::Owner).await;
    Browser { routes: stage.routes(), cookie: stage.enter(&link).await, slow: vec![] }
}

#[tokio::test]
#[ignore = "fills ten million rows, which takes minutes"]
async fn how_long_pages_take_among_ten_million_sessions() {
    let sessions = std::env::var(SESSIONS_VARIABLE).map_or(SESSIONS, |it| it.parse().unwrap());
    let scratch = Scratch::new("speed");
    let cluster = durable(scratch.path());
    let url = cluster.url().to_owned();
    migrate(&PgConnectOptions::from_str(&url).unwrap(), |_| ()).await.unwrap();
    let stage = Stage::at(TestDatabase::at(url)).await;
    let mut browser = browser(&stage).await;
    fill(&stage, sessions).await;
    let endpoint_id = quiet_endpoint(&stage, GAME, Test).await;
    add_messages(&stage, &endpoint_id, MESSAGES).await;
    raw_sql("VACUUM ANALYZE").execute(&stage.database.owner).await.unwrap();

    for world in [Live, Test] {
        show_sessions(&mut browser, &stage, world, sessions).await;
    }
    let id = stage.session("player_42", "50 Gold Coins").await;
    let payment_id = stage.pay(&id).await;
    stage.refund(&id, &payment_id, "bought twice").await;
    println!("\n## One session\n\n| page | first | usual | longest |\n| --- | --- | --- | --- |");
    let list = format!("/dashboard/{GAME}/test/sessions");
    browser.show("one session’s story", repeated(&format!("{list}/{id}"))).await;
    show_messages(&mut browser, &endpoint_id).await;
    println!("\nOver {AT_MOST:?}: {:#?}", browser.slow);
}
