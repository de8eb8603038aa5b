//! The dashboard's view of webhooks, in a real browser: a delivery that fails at a real receiver is seen,
//! sent again until it is taken, and recovered; and nothing that the receiver answers is more than text.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use sqlx::PgPool;

use super::client::PAYS;
use super::dashboard::enter;
use super::harness::{Options, Service, wait_until};
use super::support::browser::Browser;

/// What the receiver answers when it refuses: as hostile as a server can be.
const REFUSAL: &str = "</bdi></pre><script>window.ran = 1</script><img src=x onerror=\"window.ran = 2\">\
    <svg onload=\"window.ran = 3\"></svg><style>body { display: none }</style>\u{202e}";

/// True, if nothing of [`REFUSAL`] is more than text.
const NOTHING_RAN: &str = "window.ran === undefined && document.body.checkVisibility() \
    && document.querySelectorAll('main script, main img, main style, main [onload]').length === 0";

/// Longer than a step usually may take: an attempt that failed comes again after some seconds.
const STEP_TIMEOUT: Duration = Duration::from_secs(40);

/// A receiver that refuses all, until its pages are opened.
#[derive(Clone, Default)]
struct Receiver {
    takes_created: Arc<AtomicBool>,
    takes_all: Arc<AtomicBool>,
}

impl Receiver {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (it, created, all) = (self.clone(), self.clone(), self.clone());
        let set = |flag: Arc<AtomicBool>| flag.store(true, Ordering::SeqCst);
        let routes = Router::new()
            .route("/webhooks", post(async move |body: Bytes| it.answer(&body)))
            .route(
                "/take-created",
                get(async move || {
                    set(created.takes_created);
                    "taken from now on"
                }),
            )
            .route(
                "/take-all",
                get(async move || {
                    set(all.takes_all);
                    "taken from now on"
                }),
            );
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    fn answer(&self, body: &Bytes) -> (StatusCode, &'static str) {
        let is_created = String::from_utf8_lossy(body).contains("session.created");
        let takes = if is_created { &self.takes_created } else { &self.takes_all };
        let takes = takes.load(Ordering::SeqCst) || self.takes_all.load(Ordering::SeqCst);
        if takes {
            (StatusCode::OK, "thanks")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, REFUSAL)
        }
    }
}

/// How often it is asked what is due.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A page that opens once only so many messages are due, each of them after an attempt that failed.
async fn gate(pool: PgPool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/due/{count}", get(opens)).with_state(pool);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

async fn opens(State(pool): State<PgPool>, Path(count): Path<i64>) -> &'static str {
    let query = "SELECT count(*), count(*) FILTER (WHERE 0 < attempts) FROM webhook_due";
    loop {
        let due: (i64, i64) = sqlx::query_as(query).fetch_one(&pool).await.unwrap();
        if due == (count, count) {
            return "so it is";
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[tokio::test]
async fn a_delivery_that_fails_is_seen_sent_again_until_it_is_taken_and_the_rest_recovered() {
    let receiver = Receiver::default();
    let url = receiver.start().await;
    let webhook_url = Some(format!("{url}/webhooks"));
    let service = Service::start(Options { webhook_url, ..Options::default() }).await;
    let pool = service.library().await.pool;
    let gate = gate(pool.clone()).await;
    let session = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session, PAYS).await.unwrap();
    service.client.wait_for_status(&session, "paid").await;
    let tried = "SELECT message_id, endpoint_id FROM webhook_due WHERE 0 < attempts";
    let (id, endpoint_id): (String, String) = wait_until("the first attempt", async || {
        sqlx::query_as(tried).fetch_optional(&pool).await.unwrap()
    })
    .await;
    let base =
        format!("{}/dashboard/space_shooter/test/endpoints/{endpoint_id}", service.env.pay_url);
    let (list, one) = (format!("{base}/deliveries"), format!("{base}/deliveries/{id}"));
    let seen = enter(&service, Browser::desktop().step_timeout(STEP_TIMEOUT))
        .goto(&list)
        .expect_text("Failing")
        .expect_text("Refused by the receiver")
        .expect_accessible()
        .click("session.created")
        .expect_url(&format!("/deliveries/{id}$"))
        .expect_text("Refused by the receiver, status 500")
        .expect_text("window.ran = 1")
        .evaluate(NOTHING_RAN)
        .expect_accessible()
        .goto(&format!("{url}/take-created"))
        .expect_text("taken from now on")
        .goto(&one)
        .click("Send again")
        .expect_url("done=sent-again$")
        .evaluate(NOTHING_RAN)
        .expect_accessible()
        .goto(&format!("{gate}/due/1"))
        .expect_text("so it is")
        .goto(&one)
        // By hand, or by the attempt that was due anyway, whichever came first.
        .expect_text("Delivered, status 200")
        .goto(&format!("{base}/recoveries"))
        .expect_accessible()
        .click("24 hours")
        .expect_text("1 message waiting for a later attempt")
        .expect_accessible()
        .click("Send them again")
        .expect_text("The recovery was started.")
        .goto(&format!("{url}/take-all"))
        .expect_text("taken from now on")
        .goto(&format!("{gate}/due/0"))
        .expect_text("so it is")
        .goto(&format!("{base}/recoveries"))
        .expect_text("1 of 1")
        .expect_text("All handed in")
        .expect_accessible()
        .goto(&format!("{list}?status=delivered"))
        .expect_text("session.paid")
        .expect_text("Delivering")
        .evaluate(NOTHING_RAN)
        .expect_accessible()
        .run()
        .await;
    let asked = seen.events.iter().filter(|it| it.step == "evaluate" && it.value.is_boolean());
    assert!(asked.clone().all(|it| it.value == true), "{:?}", seen.events);
    assert_eq!(asked.count(), 3);
    let broken = seen.console.iter().filter(|it| it.text.contains("Content Security Policy"));
    assert_eq!(broken.count(), 0, "{:?}", seen.console);
}
