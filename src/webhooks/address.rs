//! Which addresses lie on the public internet.
//!
//! The standard library's `is_global` is unstable, and the crates that have one let IPv4-mapped,
//! NAT64, 6to4 and Teredo through, in which an address of our own network can hide.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// IPv4 that no game server can have.
///
/// Source: the IANA IPv4 Special-Purpose Address Registry and RFC 5771 (multicast).
const NOT_GLOBAL_V4: [Ipv4Net; 18] = [
    v4([0, 0, 0, 0], 8),       // "this network"
    v4([10, 0, 0, 0], 8),      // private use
    v4([100, 64, 0, 0], 10),   // carrier-grade NAT; also metadata services of some clouds
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link local, with the metadata services of most clouds
    v4([172, 16, 0, 0], 12),   // private use
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 31, 196, 0], 24), // sinks of AS112: of the nearest network, and of nobody's server
    v4([192, 52, 193, 0], 24), // relays of multicast (AMT): likewise
    v4([192, 88, 99, 0], 24),  // relays of 6to4, given up
    v4([192, 168, 0, 0], 16),  // private use
    v4([192, 175, 48, 0], 24), // sinks of AS112
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, with the broadcast address
];

/// The part of IPv6 in which global unicast addresses are given out. All that lies outside is
/// refused: loopback, IPv4-mapped and -compatible, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48),
/// fc00::/7, fe80::/10, multicast, and whatever is yet unassigned.
///
/// Source: the IANA IPv6 Address Space registry.
const GLOBAL_UNICAST_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// What of it is not global after all.
///
/// Source: the IANA IPv6 Special-Purpose Address Registry.
const NOT_GLOBAL_V6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0, 0], 23), // protocol assignments, with Teredo, benchmarks and ORCHID
    v6([0x2001, 0xdb8, 0, 0], 32), // documentation
    v6([0x2002, 0, 0, 0], 16), // 6to4: carries an IPv4 address
    v6([0x2620, 0x4f, 0x8000, 0], 48), // sinks of AS112
    v6([0x3fff, 0, 0, 0], 20), // documentation
];

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d]: [u16; 4], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Whether an address is one of the public internet, which is all that a webhook may be sent to.
pub(super) fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !NOT_GLOBAL_V4.iter().any(|net| net.contains(&it)),
        IpAddr::V6(it) => {
            GLOBAL_UNICAST_V6.contains(&it) && !NOT_GLOBAL_V6.iter().any(|net| net.contains(&it))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last address of each range, and its neighbours outside where these are
    /// global themselves.
    #[test]
    fn each_special_range_is_refused_up_to_its_edges_and_its_neighbours_are_not() {
        let table = [
            ("0.0.0.0 0.255.255.255", "1.0.0.0"),
            ("10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"),
            ("100.64.0.0 100.100.100.200 100.127.255.255", "100.63.255.255 100.128.0.0"),
            ("127.0.0.0 127.0.0.1 127.255.255.255", "126.255.255.255 128.0.0.0"),
            ("169.254.0.0 169.254.169.254 169.254.255.255", "169.253.255.255 169.255.0.0"),
            ("172.16.0.0 172.31.255.255", "172.15.255.255 172.32.0.0"),
            ("192.0.0.0 192.0.0.255", "191.255.255.255 192.0.1.0"),
            ("192.0.2.0 192.0.2.255", "192.0.1.255 192.0.3.0"),
            ("192.31.196.0 192.31.196.255", "192.31.195.255 192.31.197.0"),
            ("192.52.193.0 192.52.193.255", "192.52.192.255 192.52.194.0"),
            ("192.88.99.0 192.88.99.255", "192.88.98.255 192.88.100.0"),
            ("192.168.0.0 192.168.255.255", "192.167.255.255 192.169.0.0"),
            ("192.175.48.0 192.175.48.255", "192.175.47.255 192.175.49.0"),
            ("198.18.0.0 198.19.255.255", "198.17.255.255 198.20.0.0"),
            ("198.51.100.0 198.51.100.255", "198.51.99.255 198.51.101.0"),
            ("203.0.113.0 203.0.113.255", "203.0.112.255 203.0.114.0"),
            ("224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255", "223.255.255.255"),
            (":: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::8.8.8.8", ""),
            ("64:ff9b:: 64:ff9b::7f00:1 64:ff9b::ffff:ffff 64:ff9b:1::1 100::1", ""),
            ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"),
            ("2001:: 2001:0:1::1 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
            ("2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::1 2001:db9::"),
            ("2002:: 2002:7f00:1:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::1 2003::"),
            (
                "2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
                "2620:4f:7fff::1 2620:4f:8001::",
            ),
            ("3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe::1 3fff:1000::"),
            ("4000:: 5f00::1", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fc00:: fd00:ec2::254 fdff::1 fe80:: fe80::1 febf::1 fec0::1 ff02::1", ""),
            ("", "8.8.8.8 93.184.216.34 2606:4700:4700::1111 2a00:1450::1"),
        ];
        for (refused, global) in table {
            for (addresses, expected) in [(refused, false), (global, true)] {
                for address in addresses.split_whitespace() {
                    assert_eq!(is_global(address.parse().unwrap()), expected, "{address}");
                }
            }
        }
    }
}
