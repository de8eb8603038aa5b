//! Which targets may be called: not our own network, however its address is spelled or resolved.
//!
//! [`TargetPolicy::check`] is asked when a URL is saved and again before each attempt, because
//! addresses written into a URL never pass the resolver. Names are resolved by
//! `CheckedResolver`, and the connection goes to the very addresses that it checked.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{address::is_global, ports::Ports};

/// What may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPolicy {
    /// `https` at public addresses, at these ports.
    PublicHttps(Ports),
    /// Also `http`, any port, and also this machine and its network. Only for `dev`.
    Anywhere,
}

/// Why a target is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockedTarget {
    /// Another scheme, which may have leaked the body on its way.
    #[error("the URL must be https")]
    Scheme,
    /// Nowhere to connect to.
    #[error("the URL must name a host")]
    Host,
    /// The log would keep the password for ever; the signature is there for this.
    #[error("the URL must hold no user name and no password")]
    Credentials,
    /// The address, or one of those that the name resolves to.
    #[error("the URL must lead to the public internet, and {0} is not of it")]
    NotGlobal(IpAddr),
    /// A port at which something else than a game server may listen.
    #[error("the URL's port must be {allowed}, and {port} is not allowed")]
    Port {
        /// The URL's, or its scheme's.
        port: u16,
        /// Those that may be called.
        allowed: Ports,
    },
}

impl BlockedTarget {
    /// What it breaks, as a phrase that follows the field's name.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Scheme => "must be https",
            Self::Host => "must name a host",
            Self::Credentials => "must hold no user name and no password",
            Self::NotGlobal(_) => "must lead to the public internet",
            Self::Port { .. } => "must have a port that is allowed here, such as 443 or 8443",
        }
    }
}

impl TargetPolicy {
    /// Checks what a URL itself shows. A name may still resolve to a refused address later.
    ///
    /// # Errors
    ///
    /// [`BlockedTarget`], with the first reason.
    pub fn check(&self, url: &Url) -> Result<(), BlockedTarget> {
        let is_allowed_http = *self == Self::Anywhere && url.scheme() == "http";
        if url.scheme() != "https" && !is_allowed_http {
            return Err(BlockedTarget::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BlockedTarget::Credentials);
        }
        match url.host() {
            None => return Err(BlockedTarget::Host),
            Some(Host::Domain(_)) => (),
            Some(Host::Ipv4(address)) => self.check_addresses(&[address.into()])?,
            Some(Host::Ipv6(address)) => self.check_addresses(&[address.into()])?,
        }
        self.check_port(url)
    }

    /// The address has its say before: of a URL that is wrong in both, it is the graver.
    fn check_port(&self, url: &Url) -> Result<(), BlockedTarget> {
        // Both schemes have one.
        let port = url.port_or_known_default().unwrap_or_default();
        match self {
            Self::PublicHttps(allowed) if !allowed.contains(port) => {
                Err(BlockedTarget::Port { port, allowed: allowed.clone() })
            }
            Self::PublicHttps(_) | Self::Anywhere => Ok(()),
        }
    }

    /// One refused address is enough: which of them is called would be chance.
    fn check_addresses(&self, addresses: &[IpAddr]) -> Result<(), BlockedTarget> {
        let refused = addresses.iter().find(|it| *self != Self::Anywhere && !is_global(**it));
        refused.map_or(Ok(()), |address| Err(BlockedTarget::NotGlobal(*address)))
    }
}

/// Finds a name's addresses.
#[async_trait]
pub(super) trait Lookup: Send + Sync {
    /// All of them, in the order in which to try them.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
pub(super) struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|it| it.ip()).collect())
    }
}

/// Resolves names for the HTTP client, and gives it checked addresses or none.
pub(super) struct CheckedResolver {
    pub(super) policy: TargetPolicy,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, lookup) = (self.policy.clone(), Arc::clone(&self.lookup));
        Box::pin(async move {
            let addresses = lookup.lookup(name.as_str()).await?;
            policy.check_addresses(&addresses)?;
            // Port 0 leaves the port to the URL.
            let addresses = addresses.into_iter().map(|it| SocketAddr::new(it, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANYWHERE: TargetPolicy = TargetPolicy::Anywhere;

    fn public_https() -> TargetPolicy {
        TargetPolicy::PublicHttps(Ports::default())
    }

    fn check(policy: &TargetPolicy, url: &str) -> Result<(), BlockedTarget> {
        policy.check(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_public_https_url_may_be_called() {
        for url in [
            "https://hooks.example.com/pay?game=1",
            "https://example.com:8443/",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]/",
        ] {
            assert_eq!(check(&public_https(), url), Ok(()), "{url}");
        }
    }

    #[test]
    fn an_address_of_our_own_network_is_seen_through_every_spelling() {
        for url in [
            "https://127.0.0.1/",
            "https://127.0.0.1./",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://%31%32%37.0.0.1/",
            "https://127。0。0。1/",
            "https://①②⑦.0.0.1/",
            "https://0/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
            "https://[fe80::1]/",
        ] {
            let checked = check(&public_https(), url);
            assert!(matches!(checked, Err(BlockedTarget::NotGlobal(_))), "{url}: {checked:?}");
            assert_eq!(check(&ANYWHERE, url), Ok(()), "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_dev_and_other_schemes_for_nobody() {
        assert_eq!(check(&public_https(), "http://example.com/"), Err(BlockedTarget::Scheme));
        assert_eq!(check(&ANYWHERE, "http://localhost:3000/hook"), Ok(()));
        for url in ["ftp://example.com/", "file:///etc/passwd", "data:,x", "unix:/run/x"] {
            assert_eq!(check(&ANYWHERE, url), Err(BlockedTarget::Scheme), "{url}");
        }
    }

    #[test]
    fn a_url_with_a_password_is_refused() {
        for url in ["https://me:secret@example.com/", "https://me@example.com/"] {
            assert_eq!(check(&ANYWHERE, url), Err(BlockedTarget::Credentials));
        }
    }
    #[test]
    fn a_port_that_is_not_allowed_is_named_with_those_that_are() {
        let more = TargetPolicy::PublicHttps("9443".parse().unwrap());
        for port in [22, 80, 444, 3000, 9444] {
            let url = format!("https://example.com:{port}/");
            let refused = check(&public_https(), &url).unwrap_err().to_string();
            let words = format!("the URL's port must be 443 or 8443, and {port} is not allowed");
            assert_eq!(refused, words);
            assert!(matches!(check(&more, &url), Err(BlockedTarget::Port { .. })), "{url}");
            assert_eq!(check(&ANYWHERE, &url), Ok(()), "{url}");
        }
        assert_eq!(check(&more, "https://example.com:9443/"), Ok(()));
        let no_name = check(&more, "https://10.0.0.1:9443/");
        assert!(matches!(no_name, Err(BlockedTarget::NotGlobal(_))), "a port opens no network");
    }
}
