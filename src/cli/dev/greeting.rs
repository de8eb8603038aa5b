//! What dev prints once everything answers: where things are, and the request to paste.

use std::{path::Path, time::Duration};

use tokio_util::sync::CancellationToken;
use url::Url;

use super::{database::Server, demo::Demo};
use crate::http_client::http_client;

const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long one answer to that may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A gold coin, 16 × 16 pixels.
const COIN_PNG: &str = include_str!("coin.png.base64");

/// Returns once `/readyz` says yes, or on the way down.
pub(super) async fn when_ready(base: &Url, stop: &CancellationToken) {
    let Ok(client) = http_client(ANSWER_WITHIN) else { return };
    let mut url = base.clone();
    url.set_path("/readyz");
    while !stop.is_cancelled() {
        let answer = client.get(url.clone()).send().await;
        if answer.is_ok_and(|it| it.status().is_success()) {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Prints it to standard output; logs go to standard error.
pub(super) fn print(
    base: &Url,
    demo: &Demo,
    dashboard: &Url,
    server: &Server,
    webhook_url: Option<&Url>,
    secrets: &Path,
) {
    let (database, replay) = (server.describe(), replay(server, secrets));
    let program = program();
    let (base, secrets) = (base.as_str().trim_end_matches('/'), secrets.display());
    let (game_id, api_key, secret) = (&demo.game_id, &demo.api_key, &demo.webhook_secret);
    let webhooks = webhook_url.map_or("printed here, each verified".to_owned(), Url::to_string);
    let image = COIN_PNG.trim();
    println!(
        r#"
ToffeePay is ready at {base} (test money, {database}).

  game            {game_id}
  API key         {api_key}
  webhook secret  {secret}
  webhooks        {webhooks}
  reference       {base}/docs
  dashboard       {dashboard}
                  (lets you in once, within a day; dev prints another at its next start)

Create a payment session:

curl {base}/pay.v1.PaymentService/CreateSession \
  -H 'Authorization: Bearer {api_key}' \
  -H 'Content-Type: application/json' \
  -d '{{
    "game_id": "{game_id}",
    "user_id": "player_42",
    "item": {{
      "title": "50 Gold Coins",
      "price": 499,
      "currency": "USD",
      "image": "data:image/png;base64,{image}"
    }},
    "return_url": "mygame://payment-complete"
  }}'

Open the payment_url that it answers, pay with card 4242 4242 4242 4242, any future date and
any three digits as the code, and then ask:

curl {base}/pay.v1.PaymentService/GetSessionStatus \
  -H 'Authorization: Bearer {api_key}' \
  -H 'Content-Type: application/json' \
  -d '{{"session_id": "<session_id>"}}'

Have a webhook's event happen, such as a payment, without a hand on the page:

{program} trigger session.paid --server {base} \
  --api-key-file '{secrets}'

Have its webhooks sent to your own server, signed:

{program} listen --forward-to http://localhost:3000/webhooks --server {base} \
  --api-key-file '{secrets}'

While this runs, compare the log with what the API reads:

{replay}

Stop with Ctrl-C; data and key are kept."#
    );
}

/// This very program, as a shell takes it.
fn program() -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "toffeepay".into());
    format!("'{}'", program.display())
}

/// The command for this log. The URL of a database that was given may hold a password, and is not
/// shown again.
fn replay(server: &Server, secrets: &Path) -> String {
    let (program, secrets) = (program(), secrets.display());
    let url = match server.is_private() {
        true => format!("\\\n  --database-url '{}'", server.url()),
        false => "# with DATABASE_URL".to_owned(),
    };
    format!("{program} replay --master-key-file '{secrets}' {url}")
}
