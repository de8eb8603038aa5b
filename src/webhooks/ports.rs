//! Which ports a webhook may go to: those of HTTPS, and whatever more an operator allows.
//!
//! A signed POST to any port of any host would let whoever adds an endpoint knock at mail servers,
//! databases and shells all over the internet, from our address.

use std::{fmt, num::NonZeroU16, str::FromStr, sync::Arc};

/// The ports that are always allowed: HTTPS, and what is used for it where 443 is taken.
const USUAL: [u16; 2] = [443, 8443];

/// The most ports that may be allowed besides: more are no exceptions any more.
const MORE_MAX: usize = 16;

/// The ports that webhooks may go to: 443, 8443, and those that were named. The default names none.
///
/// Written as a list, for example `9443,10443`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    more: Arc<[u16]>,
}

/// Why a list of ports cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortsError {
    /// No port.
    #[error("must be ports from 1 to 65535, separated by commas; received {0:?}")]
    Malformed(String),
    /// Too many of them.
    #[error("must be at most {MORE_MAX} ports; received {0}")]
    TooMany(usize),
}

impl Ports {
    pub(super) fn contains(&self, port: u16) -> bool {
        USUAL.contains(&port) || self.more.contains(&port)
    }
}

impl FromStr for Ports {
    type Err = PortsError;

    fn from_str(list: &str) -> Result<Self, PortsError> {
        let words = list.split(',').map(str::trim).filter(|it| !it.is_empty());
        let port = |word: &str| {
            let port = word.parse().map(NonZeroU16::get);
            port.map_err(|_| PortsError::Malformed(word.to_owned()))
        };
        let more = words.map(port).collect::<Result<Vec<_>, _>>()?;
        if MORE_MAX < more.len() {
            return Err(PortsError::TooMany(more.len()));
        }
        Ok(Self { more: more.into() })
    }
}

/// As a sentence lists them: `443, 8443 or 9443`.
impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = USUAL.iter().chain(&*self.more).map(u16::to_string).collect();
        match all.split_last() {
            Some((last, rest)) => write!(f, "{} or {last}", rest.join(", ")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_of_https_are_allowed_and_no_other_unless_it_is_named() {
        let (usual, more) = (Ports::default(), "9443, 1,65535".parse::<Ports>().unwrap());
        for port in [443, 8443] {
            assert!(usual.contains(port) && more.contains(port), "{port}");
        }
        for port in [1, 9443, 65535] {
            assert!(!usual.contains(port) && more.contains(port), "{port}");
        }
        for port in [0, 22, 80, 442, 444, 8080, 8442, 8444] {
            assert!(!usual.contains(port) && !more.contains(port), "{port}");
        }
        assert_eq!(usual.to_string(), "443 or 8443");
        assert_eq!(more.to_string(), "443, 8443, 9443, 1 or 65535");
    }

    #[test]
    fn a_list_of_ports_is_read_and_an_empty_one_names_none() {
        for empty in ["", " ", ","] {
            assert_eq!(empty.parse(), Ok(Ports::default()));
        }
        for wrong in ["0", "65536", "-1", "https", "9443 9444", "9443;9444", "1-1024"] {
            let refused = wrong.parse::<Ports>().unwrap_err();
            assert_eq!(refused, PortsError::Malformed(wrong.to_owned()));
            assert!(refused.to_string().contains("1 to 65535"), "{refused}");
        }
        assert!(vec!["9443"; MORE_MAX].join(",").parse::<Ports>().is_ok());
        let many = vec!["9443"; MORE_MAX + 1].join(",").parse::<Ports>();
        assert_eq!(many, Err(PortsError::TooMany(17)));
    }
}
