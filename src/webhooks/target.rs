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

use super::address::is_global;

/// What may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetPolicy {
    /// `https` at public addresses.
    PublicHttps,
    /// Also `http`, and also this machine and its network. Only for `dev`.
    Anywhere,
}

/// Why a target is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
}

impl BlockedTarget {
    /// What it breaks, as a phrase that follows the field's name.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Scheme => "must be https",
            Self::Host => "must name a host",
            Self::Credentials => "must hold no user name and no password",
            Self::NotGlobal(_) => "must lead to the public internet",
        }
    }
}

impl TargetPolicy {
    /// Checks what a URL itself shows. A name may still resolve to a refused address later.
    ///
    /// # Errors
    ///
    /// [`BlockedTarget`], with the first reason.
    pub fn check(self, url: &Url) -> Result<(), BlockedTarget> {
        let is_allowed_http = self == Self::Anywhere && url.scheme() == "http";
        if url.scheme() != "https" && !is_allowed_http {
            return Err(BlockedTarget::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BlockedTarget::Credentials);
        }
        match url.host() {
            None => Err(BlockedTarget::Host),
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(address)) => self.check_addresses(&[address.into()]),
            Some(Host::Ipv6(address)) => self.check_addresses(&[address.into()]),
        }
    }

    /// One refused address is enough: which of them is called would be chance.
    fn check_addresses(self, addresses: &[IpAddr]) -> Result<(), BlockedTarget> {
        let refused = addresses.iter().find(|it| self == Self::PublicHttps && !is_global(**it));
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
        let (policy, lookup) = (self.policy, Arc::clone(&self.lookup));
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

    fn check(policy: TargetPolicy, url: &str) -> Result<(), BlockedTarget> {
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
            assert_eq!(check(TargetPolicy::PublicHttps, url), Ok(()), "{url}");
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
            let checked = check(TargetPolicy::PublicHttps, url);
            assert!(matches!(checked, Err(BlockedTarget::NotGlobal(_))), "{url}: {checked:?}");
            assert_eq!(check(TargetPolicy::Anywhere, url), Ok(()), "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_dev_and_other_schemes_for_nobody() {
        assert_eq!(
            check(TargetPolicy::PublicHttps, "http://example.com/"),
            Err(BlockedTarget::Scheme)
        );
        assert_eq!(check(TargetPolicy::Anywhere, "http://localhost:3000/hook"), Ok(()));
        for url in ["ftp://example.com/", "file:///etc/passwd", "data:,x", "unix:/run/x"] {
            assert_eq!(check(TargetPolicy::Anywhere, url), Err(BlockedTarget::Scheme), "{url}");
        }
    }

    #[test]
    fn a_url_with_a_password_is_refused() {
        for url in ["https://me:secret@example.com/", "https://me@example.com/"] {
            assert_eq!(check(TargetPolicy::Anywhere, url), Err(BlockedTarget::Credentials));
        }
    }
}
