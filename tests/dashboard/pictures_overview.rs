//! Pictures of the overview.

use std::path::Path;

use sqlx::raw_sql;
use toffeepay::domain::studio::Role;
use tokio::net::TcpListener;

use super::{
    overview::{NOW, Room, money, sale},
    stage::GAME,
    support::browser::Browser,
};

/// In pixels, of the page that is open.
const TOO_WIDE_BY: &str = "document.documentElement.scrollWidth - window.innerWidth";

/// Figures as if the game had had `sessions` an hour at noon, for `days` days until now; fewer at night and
/// in the middle of the week.
pub(crate) async fn add_figures(room: &Room, game_id: &str, days: u32, sessions: u32) {
    let sql = format!(
        "WITH hours AS (
             SELECT hour, greatest(0, round({sessions} * (0.35 + 0.3 * sin((extract(hour FROM hour) - 9) / 24 * 2 * pi())
                    + 0.12 * (extract(isodow FROM hour) - 4)
                    + 0.22 * sin(extract(epoch FROM hour) / 3600 * 12.9898))))::bigint AS n
             FROM generate_series(timestamptz '{NOW}' - interval '{days} days', '{NOW}', interval '1 hour') at,
                  date_trunc('hour', at, 'UTC') hour
         ), counted AS (
             SELECT hour, kind, subject, exponent, (n * share)::bigint AS count, (n * share)::bigint * price AS money
             FROM hours, (VALUES
                 ('session_created', '', 0, 1.0, 0), ('session_opened', '', 0, 0.88, 0),
                 ('session_started', '', 0, 0.61, 0), ('session_paid', '', 0, 0.52, 0),
                 ('paid', 'USD', 2, 0.36, 749), ('paid', 'JPY', 0, 0.11, 1205), ('paid', 'BHD', 3, 0.05, 1250),
                 ('refunded', 'USD', 2, 0.03, 749), ('refunded', 'JPY', 0, 0.01, 1205),
                 ('attempt', 'card', 0, 0.5, 0), ('attempt', 'apple_pay', 0, 0.09, 0), ('attempt', 'paypal', 0, 0.04, 0),
                 ('declined', 'insufficient_funds', 0, 0.05, 0), ('declined', 'card_declined', 0, 0.03, 0),
                 ('declined', 'expired_card', 0, 0.015, 0), ('declined', 'authentication_failed', 0, 0.007, 0)
             ) AS it (kind, subject, exponent, share, price)
         )
         INSERT INTO figure
         SELECT 1, '{game_id}', 'test', hour, kind, subject, exponent, count, money FROM counted WHERE 0 < count"
    );
    raw_sql(&sql).execute(&room.database.owner).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures to look at: cargo test --test dashboard pictures -- --ignored"]
async fn pictures_of_the_overview() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let busy = Room::at(NOW).await;
    add_figures(&busy, GAME, 60, 400).await;
    busy.endpoint().await;
    for _ in 0..3 {
        busy.sell(&sale(money(499, "USD"))).await;
    }
    busy.deliver().await;
    let small = Room::at(NOW).await;
    let (session, payment) = small.sell(&sale(money(499, "USD"))).await;
    small.sell(&sale(money(1_999, "USD"))).await;
    small.refund(&session, &payment, "bought twice").await;
    for (look, browser) in [
        ("light-390", Browser::phone()),
        ("dark-390", Browser::phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ] {
        for (name, room) in [("busy", &busy), ("small", &small)] {
            let email = format!("{name}-{look}@studio.example");
            let (_, link) = room.person(&email, GAME, Role::Finance).await;
            room.count().await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let here = format!("http://{}", listener.local_addr().unwrap());
            let routes = room.routes();
            tokio::spawn(async move { axum::serve(listener, routes).await });
            let picture = |page: &str| folder.join(format!("overview-{name}-{page}-{look}.png"));
            let base = format!("{here}/dashboard/{GAME}");
            let mut browser = browser.clone().goto(&format!("{here}{link}")).click("Sign in");
            for span in ["today", "7d", "28d", "this-month", "last-month"] {
                browser = browser
                    .goto(&format!("{base}/test/overview?span={span}"))
                    .screenshot(&picture(span))
                    .expect_accessible()
                    .evaluate(TOO_WIDE_BY);
            }
            let seen = browser
                .evaluate(
                    "document.querySelectorAll('details').forEach((it) => { it.open = true })",
                )
                .screenshot(&picture("open"))
                .expect_accessible()
                .goto(&format!("{base}/live/overview?span=year"))
                .screenshot(&picture("empty"))
                .expect_accessible()
                .evaluate(TOO_WIDE_BY)
                .run()
                .await;
            let is_width = |it: &&serde_json::Value| it.is_number();
            let widths = seen.events.iter().filter(|it| it.step == "evaluate").map(|it| &it.value);
            let widths: Vec<_> = widths.filter(is_width).collect();
            assert!(
                widths.iter().all(|it| **it == 0),
                "a page is wider than the window: {look}, {widths:?}"
            );
            let is_ours = |it: &str| !it.contains("status of 400");
            let odd: Vec<_> = seen.console.iter().filter(|it| is_ours(&it.text)).collect();
            assert!(odd.is_empty(), "{odd:?}");
        }
    }
    eprintln!("the pictures are in {}", folder.canonicalize().unwrap().display());
}
