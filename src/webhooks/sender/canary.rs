//! No way round the rule of where webhooks may go ends in a connection.
//!
//! Canaries listen on this machine, at every address and at several ports, and count who connects.
//! A long table of spellings, names and tricks is sent to by the real [`Sender`]; no canary may be
//! heard of. That they would be is shown by the rows of loopback addresses under
//! [`TargetPolicy::Anywhere`].

use std::{
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    process::Command,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{
    tests::{attempt, failure_of, receiver, status_of},
    *,
};
use crate::webhooks::{ports::Ports, target::BlockedTarget};

mod scripted;
mod table;

use scripted::Scripted;
use table::{ELSEWHERE, LOOPBACK, NAMES, SPECIAL_PURPOSE, SPELLINGS, TRICKS};

/// What a connection that should not have been tried may take before its row has failed.
const SOON: Duration = Duration::from_millis(500);

/// Global by its form, and given to nobody: no name of this table may lead to a real host.
const PUBLIC: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 1));

/// Where HTTPS and HTTP are expected. Whatever else listens there, or forbids it, the other
/// canaries stand.
const WELL_KNOWN: [u16; 3] = [443, 8443, 80];

/// A listener that counts.
struct Canary {
    port: u16,
    peers: mpsc::UnboundedReceiver<SocketAddr>,
}

impl Canary {
    async fn listen(address: &str, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((address, port)).await?;
        let port = listener.local_addr()?.port();
        let (peer_tx, peers) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((_, peer)) = listener.accept().await {
                let _ = peer_tx.send(peer);
            }
        });
        Ok(Self { port, peers })
    }

    /// How many have connected since it was last asked. Nobody is overlooked: connections are
    /// accepted in their order, and the last is our own.
    async fn connections(&mut self, own_address: &str) -> usize {
        let own = TcpStream::connect((own_address, self.port)).await.unwrap();
        let own = own.local_addr().unwrap();
        let mut others = 0;
        while self.peers.recv().await.unwrap().port() != own.port() {
            others += 1;
        }
        others
    }
}

/// All canaries of a test, each with an address at which it is reached.
struct Canaries(Vec<(Canary, &'static str)>);

impl Canaries {
    /// Any address, where IPv6 takes IPv4 along; each loopback; and the well-known ports.
    async fn listen() -> Self {
        let any = Canary::listen("::", 0).await;
        let any = if any.is_ok() { any } else { Canary::listen("0.0.0.0", 0).await };
        let mut all = vec![(any.unwrap(), "127.0.0.1")];
        all.push((Canary::listen("127.0.0.1", 0).await.unwrap(), "127.0.0.1"));
        if let Ok(canary) = Canary::listen("::1", 0).await {
            all.push((canary, "::1"));
        }
        for port in WELL_KNOWN {
            if let Ok(canary) = Canary::listen("::", port).await {
                all.push((canary, "127.0.0.1"));
            }
        }
        Self(all)
    }

    fn ports(&self) -> Vec<u16> {
        self.0.iter().map(|(canary, _)| canary.port).collect()
    }

    /// A policy under which only addresses protect them.
    fn allowed(&self) -> TargetPolicy {
        let ports = self.ports().iter().map(u16::to_string).collect::<Vec<_>>().join(",");
        TargetPolicy::PublicHttps(ports.parse().unwrap())
    }

    async fn connections(&mut self) -> Vec<usize> {
        let mut counts = vec![];
        for (canary, address) in &mut self.0 {
            counts.push(canary.connections(address).await);
        }
        counts
    }

    async fn assert_untouched(&mut self, by: &str) {
        let counts = self.connections().await;
        assert!(counts.iter().all(|it| *it == 0), "{by}: {counts:?} at {:?}", self.ports());
    }

    /// Every row at every canary's port.
    fn urls(&self, rows: &[&str]) -> Vec<Url> {
        let at_ports = |row: &&str| {
            let each = self.ports().into_iter();
            each.filter_map(|it| row.replace("{port}", &it.to_string()).parse().ok())
                .collect::<Vec<_>>()
        };
        let urls: Vec<Url> = rows.iter().flat_map(at_ports).collect();
        // Some are no URL at all, which is as good; were most of them, nothing would be tried.
        let all = rows.len() * self.ports().len();
        assert!(all < 2 * urls.len(), "of {all} rows {} are URLs", urls.len());
        urls
    }
}

/// `https://{host}:{port}/` of each host.
fn hosts(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|it| format!("https://{it}:{{port}}/")).collect()
}

fn borrowed(rows: &[String]) -> Vec<&str> {
    rows.iter().map(String::as_str).collect()
}

fn sender(policy: TargetPolicy, lookup: Arc<dyn Lookup>) -> Sender {
    Sender::with(policy, lookup, SOON).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

async fn blocked(sender: &Sender, url: &Url) -> Option<BlockedTarget> {
    match failure_of(&attempt(sender, url.as_str()).await) {
        Some(Failure::Blocked(blocked)) => Some(blocked),
        _ => None,
    }
}

#[tokio::test]
async fn no_spelling_of_an_address_of_our_own_connects_although_its_port_is_allowed() {
    let mut canaries = Canaries::listen().await;
    // Whatever passes for a name is said to be public.
    let names = Scripted::new(&[&[PUBLIC]]);
    let sender = sender(canaries.allowed(), Arc::clone(&names) as _);
    for rows in [LOOPBACK, SPELLINGS, ELSEWHERE, SPECIAL_PURPOSE] {
        let rows = hosts(rows);
        for url in canaries.urls(&borrowed(&rows)) {
            let found = blocked(&sender, &url).await;
            assert!(matches!(found, Some(BlockedTarget::NotGlobal(_))), "{url}: {found:?}");
        }
    }
    assert_eq!(names.asked(), 0, "an address is not a name");
    canaries.assert_untouched("spellings").await;
}

#[tokio::test]
async fn every_row_of_the_loopback_reaches_a_canary_where_anything_may_be_called() {
    let mut canaries = Canaries::listen().await;
    let sender = sender(TargetPolicy::Anywhere, Arc::new(SystemLookup));
    let any = canaries.ports()[0];
    for host in LOOPBACK {
        let url = format!("https://{host}:{any}/");
        assert!(attempt(&sender, &url).await.answer().is_none());
        let counts = canaries.connections().await;
        assert!(0 < counts[0], "the canary was not reached by {url}");
    }
    // And each canary is one.
    for (canary, address) in &mut canaries.0 {
        let url = Url::parse(&format!("https://{}/", SocketAddr::new(ip(address), canary.port)));
        attempt(&sender, url.unwrap().as_str()).await;
        assert!(0 < canary.connections(address).await, "{address} {}", canary.port);
    }
}

#[tokio::test]
async fn no_trick_with_the_parts_of_a_url_connects() {
    let mut canaries = Canaries::listen().await;
    // Nobody has a name that the tricks make up.
    for policy in [canaries.allowed(), TargetPolicy::PublicHttps(Ports::default())] {
        let sender = sender(policy, Scripted::new(&[]));
        for url in canaries.urls(TRICKS) {
            let failure = failure_of(&attempt(&sender, url.as_str()).await);
            let is_stopped = matches!(failure, Some(Failure::Blocked(_) | Failure::Resolve));
            assert!(is_stopped, "{url}: {failure:?}");
        }
    }
    canaries.assert_untouched("tricks").await;
}

#[tokio::test]
async fn no_name_that_leads_to_an_address_of_our_own_connects() {
    let mut canaries = Canaries::listen().await;
    let loopbacks = LOOPBACK.iter().filter_map(|it| it.trim_matches(['[', ']']).parse().ok());
    let refused: Vec<IpAddr> = loopbacks
        .chain(SPECIAL_PURPOSE.iter().map(|it| {
            let bare: &str = it.trim_matches(['[', ']']);
            ip(bare)
        }))
        .collect();
    assert!(100 < refused.len());
    let names = Scripted::new(&[]);
    let sender = sender(canaries.allowed(), Arc::clone(&names) as _);
    let urls = canaries.urls(&["https://hooks.example.com:{port}/"]);
    for address in refused {
        // Alone, the first, in the middle and the last of several.
        for answer in [
            &[address][..],
            &[address, PUBLIC],
            &[PUBLIC, address, PUBLIC],
            &[PUBLIC, PUBLIC, address],
        ] {
            names.answer(answer);
            for url in &urls {
                let found = blocked(&sender, url).await;
                assert_eq!(found, Some(BlockedTarget::NotGlobal(address)), "{answer:?}");
            }
        }
    }
    canaries.assert_untouched("names").await;
}

#[tokio::test]
async fn names_of_this_machine_do_not_connect_whatever_the_system_says_of_them() {
    let mut canaries = Canaries::listen().await;
    let sender = sender(canaries.allowed(), Arc::new(SystemLookup));
    let rows = hosts(NAMES);
    for url in canaries.urls(&borrowed(&rows)) {
        let failure = failure_of(&attempt(&sender, url.as_str()).await);
        let is_stopped = matches!(
            failure,
            // A slow resolver says nothing in time.
            Some(
                Failure::Blocked(BlockedTarget::NotGlobal(_)) | Failure::Resolve | Failure::Timeout
            )
        );
        assert!(is_stopped, "{url}: {failure:?}");
    }
    canaries.assert_untouched("names of this machine").await;
}

#[tokio::test]
async fn a_name_that_turns_to_our_own_network_after_it_was_checked_does_not_connect() {
    let mut canaries = Canaries::listen().await;
    for private in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"].map(ip) {
        let names = Scripted::new(&[&[PUBLIC], &[private]]);
        let sender = sender(canaries.allowed(), Arc::clone(&names) as _);
        let rows = ["https://rebound.example.com:{port}/"];
        let urls = canaries.urls(&rows);
        // Asked twice for one attempt, the second answer would be our own.
        let failure = failure_of(&attempt(&sender, urls[0].as_str()).await);
        assert!(matches!(failure, Some(Failure::Connect | Failure::Timeout)), "{failure:?}");
        assert_eq!(names.asked(), 1);
        for url in &urls {
            assert_eq!(blocked(&sender, url).await, Some(BlockedTarget::NotGlobal(private)));
        }
    }
    canaries.assert_untouched("rebinding").await;
}

#[tokio::test]
async fn a_port_that_is_not_allowed_is_not_even_looked_up() {
    let mut canaries = Canaries::listen().await;
    let names = Scripted::new(&[&[ip("127.0.0.1")]]);
    let sender = sender(TargetPolicy::PublicHttps(Ports::default()), Arc::clone(&names) as _);
    let mut looked_up = 0;
    for url in canaries.urls(&["https://hooks.example.com:{port}/"]) {
        let usual = [443, 8443].contains(&url.port_or_known_default().unwrap());
        let found = blocked(&sender, &url).await;
        let by_port = matches!(found, Some(BlockedTarget::Port { .. }));
        assert!(found.is_some() && by_port != usual, "{url}: {found:?}");
        looked_up += usize::from(usual);
    }
    for port in (0..=1024).chain([2375, 3000, 3306, 5432, 6379, 8080, 9200, 11211, 65535]) {
        if [443, 8443].contains(&port) {
            continue;
        }
        let url = format!("https://hooks.example.com:{port}/").parse().unwrap();
        let found = blocked(&sender, &url).await;
        assert!(matches!(found, Some(BlockedTarget::Port { .. })), "{url}: {found:?}");
    }
    assert_eq!(names.asked(), looked_up);
    canaries.assert_untouched("ports").await;
}

fn redirect(status: u16, location: &str) -> Vec<u8> {
    let answer = format!(
        "HTTP/1.1 {status} X\r\nlocation: {location}\r\nrefresh: 0;url={location}\r\n\
         content-location: {location}\r\ncontent-length: 0\r\n\r\n"
    );
    answer.into_bytes()
}

#[tokio::test]
async fn no_redirect_of_a_permitted_server_is_followed() {
    let mut canaries = Canaries::listen().await;
    // Permitted is what listens here, so the canary is as well: nothing else protects it.
    let sender = sender(TargetPolicy::Anywhere, Arc::new(SystemLookup));
    let port = canaries.ports()[0];
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for location in [
            format!("http://127.0.0.1:{port}/"),
            format!("https://127.0.0.1:{port}/"),
            format!("//localhost:{port}/"),
            format!("http://[::1]:{port}/"),
        ] {
            let (server, _request) = receiver(redirect(status, &location)).await;
            let outcome = attempt(&sender, &format!("http://127.0.0.1:{server}/")).await;
            assert_eq!(status_of(&outcome), Some(status));
            assert!(!outcome.is_delivered());
        }
    }
    canaries.assert_untouched("redirects").await;
}

/// Names the canary's address to the process that [`no_proxy_of_the_environment_is_used`] starts.
const PROXY: &str = "TOFFEEPAY_PROXY_CANARY";

#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    let mut canary = Canary::listen("127.0.0.1", 0).await.unwrap();
    let proxy = format!("http://127.0.0.1:{}", canary.port);
    let mut command = Command::new(std::env::current_exe().unwrap());
    let child = "webhooks::sender::canary::send_with_proxies_in_the_environment";
    command.args(["--ignored", "--exact", "--nocapture", child]).env(PROXY, &proxy);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, &proxy).env(name.to_lowercase(), &proxy);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(canary.connections("127.0.0.1").await, CONTROLS, "only those of the control");
}

/// How many requests of another client go to the proxy, to show that it would be used.
const CONTROLS: usize = 2;

/// Not a test: the other process of [`no_proxy_of_the_environment_is_used`].
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn send_with_proxies_in_the_environment() {
    let Ok(proxy) = std::env::var(PROXY) else { return };
    let url = |scheme: &str| format!("{scheme}://hooks.example.com:8443/");
    let control = Client::builder().tls_backend_preconfigured(tls_config().unwrap());
    let control = control.timeout(SOON).build().unwrap();
    for scheme in ["http", "https"] {
        assert!(control.get(url(scheme)).send().await.is_err(), "{proxy} hangs up");
    }
    for (policy, scheme) in [
        (TargetPolicy::Anywhere, "http"),
        (TargetPolicy::Anywhere, "https"),
        (TargetPolicy::PublicHttps(Ports::default()), "https"),
    ] {
        let names = Scripted::new(&[&[PUBLIC]]);
        let sender = sender(policy, Arc::clone(&names) as _);
        let failure = failure_of(&attempt(&sender, &url(scheme)).await);
        assert!(matches!(failure, Some(Failure::Connect | Failure::Timeout)), "{failure:?}");
        assert_eq!(names.asked(), 1, "a proxy would have resolved the name");
    }
}
