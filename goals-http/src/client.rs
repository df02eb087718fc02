//! Who asks, as far as the network can tell.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use http::HeaderMap;
use http::header::USER_AGENT;
use ipnet::IpNet;

/// The other end of the client's connection.
///
/// That is the peer of the socket, unless the peer is one of `proxies`: then it is the last entry
/// of `X-Forwarded-For` that is none of them, for everything before that one can be made up.
pub(crate) fn address(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    // All clients whose listener tells no peer count as one.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.to_canonical());
    if !is_trusted(peer, proxies) {
        return peer;
    }
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let mut client = peer;
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Ok(address) = entry.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !is_trusted(client, proxies) {
            break;
        }
    }
    client
}

/// The program in use, as it calls itself.
pub(crate) fn agent(headers: &HeaderMap) -> Cow<'_, str> {
    headers.get(USER_AGENT).map_or(Cow::Borrowed(""), |agent| String::from_utf8_lossy(agent.as_bytes()))
}

/// Whether a trusted proxy says that the client speaks TLS to it.
pub(crate) fn is_tls(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> bool {
    let https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
    https && peer.is_some_and(|peer| is_trusted(peer.to_canonical(), proxies))
}

fn is_trusted(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|net| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        let proxies = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        address(Some(peer.parse().unwrap()), &headers, &proxies).to_string()
    }

    #[test]
    fn a_stranger_is_who_the_socket_says() {
        assert_eq!(client("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client("::ffff:192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(address(None, &HeaderMap::new(), &[]).to_string(), "0.0.0.0");
    }

    #[test]
    fn behind_trusted_proxies_it_is_who_the_outermost_saw() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(client("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["127.0.0.1, 203.0.113.9", "10.0.0.3"]), "203.0.113.9");
    }

    #[test]
    fn what_a_client_adds_is_not_believed() {
        assert_eq!(client("10.0.0.1", &["1.1.1.1", "8.8.8.8, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, garbage"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["garbage, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
