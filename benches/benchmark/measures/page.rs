//! The payment page, as a player's browser gets it.

use std::time::Duration;

use toffeepay::http_client::http_client;

use crate::{
    bench::{Bench, Question},
    load::{self, Pace},
    peers::{Peer, STATIC_PATH},
    report::{bytes, median_and_tail},
    requests::Gets,
    service::Site,
    sessions::{self, Until},
};

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Payment page",
        "The whole page, script and style included, beside as many bytes of a static \
         file, which lies in memory, from the same server. The first visit is in the log already.",
    );
    let site = Site::new(bench.postgres.database("page_ours").await);
    let ours = site.serve("api");
    let ids = sessions::open(&site, ours.address, 1, Until::Pending).await;
    let path = format!("/{}", ids[0]);
    let client = http_client(Duration::from_secs(30)).unwrap();
    let page = client.get(format!("http://{}{path}", ours.address)).send().await.unwrap();
    let size = page.bytes().await.unwrap().len();
    let peer = Peer::Nothing { static_bytes: size }.start();

    let gets = |path: &str, connections| {
        (0..connections).map(|_| Gets(path.to_owned())).collect::<Vec<_>>()
    };
    let mut rows = vec![];
    for connections in [1, 64] {
        let pages =
            async |pace: Pace| load::run(&[ours.address], gets(&path, connections), pace).await;
        let file = async |pace: Pace| {
            load::run(&[peer.address], gets(STATIC_PATH, connections), pace).await
        };
        let what = format!("{connections} connections, {}", bytes(size as u64));
        let question = Question { what, peer_is: "static file", goal: None };
        rows.push(bench.compare(question, pages, file).await);
    }
    bench.report.comparisons(&rows);
    let first_bytes = rows.iter().map(|it| {
        let [ours, peer] = [&it.ours, &it.peer].map(|it| median_and_tail(&it.first_bytes));
        vec![it.what.clone(), ours, peer]
    });
    let head = ["first byte", "ours p50, p99", "static file p50, p99"];
    bench.report.table(&head, &first_bytes.collect::<Vec<_>>());
    drop((ours, peer));
    bench.postgres.drop("page_ours").await;
}
