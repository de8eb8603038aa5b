//! Sessions that a measure needs to be there.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use toffeepay::http_client::http_client;

use crate::{requests, service::Site};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Requests at once.
const AT_ONCE: usize = 64;

/// What is to become of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    Pending,
    Cancelled,
}

/// Opens sessions; their ids.
pub(crate) async fn open(
    site: &Site,
    server: SocketAddr,
    count: usize,
    until: Until,
) -> Arc<Vec<String>> {
    let client = http_client(ANSWER_WITHIN).unwrap();
    let call = async |method: &str, body: String| {
        let call = client.post(format!("http://{server}/pay.v1.PaymentService/{method}"));
        let call = call.bearer_auth(&site.api_key).header("content-type", "application/json");
        call.body(body).send().await?.error_for_status()?.json::<Value>().await
    };
    let open_one = async |_| {
        let created = call("CreateSession", requests::purchase()).await?;
        let id = created["session_id"].as_str().unwrap().to_owned();
        if until == Until::Cancelled {
            call("CancelSession", json!({ "id": id }).to_string()).await?;
        }
        Ok::<_, reqwest::Error>(id)
    };
    let ids = stream::iter(0..count).map(open_one).buffer_unordered(AT_ONCE);
    Arc::new(ids.try_collect().await.unwrap())
}
