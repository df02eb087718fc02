//! Follows a connection byte by byte to know where request heads begin and end.
//!
//! hyper answers a request that carries both `Content-Length` and `Transfer-Encoding` by silently
//! dropping the former, so nobody behind it can refuse such a request. And it has one time limit
//! for an idle connection and for a slow head, which are not the same thing. Both need this view.

/// More than this is no head: hyper refuses it long before.
const LONGEST: usize = 128 * 1024;

/// Where in the stream of requests a connection is.
#[derive(Debug)]
pub(super) enum Heads {
    /// In a head, of which these bytes have come; none: between two requests.
    Head(Vec<u8>),
    /// In a body, of which this many bytes are missing.
    Body(u64),
    /// After a chunked head: such a connection is closed after its answer.
    Lost,
}

/// How a head frames its body.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    Ambiguous,
}

impl Heads {
    pub(super) const fn new() -> Self {
        Self::Head(Vec::new())
    }

    /// How many bytes of an unfinished head have come.
    pub(super) fn pending(&self) -> usize {
        match self {
            Self::Head(head) => head.len(),
            Self::Body(_) | Self::Lost => 0,
        }
    }

    /// Takes the next bytes; `false` when a head says the length of its body in two ways.
    #[must_use]
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match self {
                Self::Lost => return true,
                Self::Body(missing) => {
                    let here = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = bytes.get(here..).unwrap_or_default();
                    *missing -= here as u64;
                    if *missing == 0 {
                        *self = Self::new();
                    }
                }
                Self::Head(head) => {
                    let Some(rest) = complete(head, bytes) else { break };
                    bytes = rest;
                    *self = match framing(head) {
                        Framing::Length(0) => Self::new(),
                        Framing::Length(length) => Self::Body(length),
                        Framing::Chunked => Self::Lost,
                        Framing::Ambiguous => return false,
                    };
                }
            }
        }
        if self.pending() > LONGEST {
            *self = Self::Lost;
        }
        true
    }
}

/// Adds `bytes` to `head` up to its end; what is left of them when the head is complete.
fn complete<'a>(head: &mut Vec<u8>, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let blank = bytes.iter().take_while(|&&byte| head.is_empty() && matches!(byte, b'\r' | b'\n')).count();
    for (n, &byte) in bytes.iter().enumerate().skip(blank) {
        head.push(byte);
        if byte == b'\n' && (head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n")) {
            return bytes.get(n + 1..);
        }
    }
    None
}

fn framing(head: &[u8]) -> Framing {
    let mut lengths = Vec::new();
    let mut codings = 0;
    for line in head.split(|&byte| byte == b'\n').skip(1) {
        let mut halves = line.splitn(2, |&byte| byte == b':');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else { continue };
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths.push(str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok()));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            codings += 1;
        }
    }
    match (lengths.as_slice(), codings) {
        ([], 0) => Framing::Length(0),
        ([Some(length)], 0) => Framing::Length(*length),
        // hyper refuses a length that is no number by itself.
        ([None], 0) | ([], 1) => Framing::Chunked,
        _ => Framing::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn fed(bytes: &[u8]) -> (bool, Heads) {
        let mut heads = Heads::new();
        let fine = heads.feed(bytes);
        (fine, heads)
    }

    #[test]
    fn a_head_is_pending_until_its_empty_line() {
        let mut heads = Heads::new();
        for (n, byte) in GET.iter().enumerate() {
            assert!(heads.feed(&[*byte]));
            assert_eq!(heads.pending(), (n + 1) % GET.len());
        }
    }

    #[test]
    fn a_body_is_no_head() {
        let mut heads = Heads::new();
        assert!(heads.feed(b"POST / HTTP/1.1\r\ncontent-LENGTH:  5 \r\n\r\nabc"));
        assert!(matches!(heads, Heads::Body(2)));
        assert!(heads.feed(b"deGET"));
        assert_eq!(heads.pending(), 3);
    }

    #[test]
    fn empty_lines_before_a_head_are_nothing() {
        assert_eq!(fed(b"\r\n\r\n\n").1.pending(), 0);
        assert_eq!(fed(b"\r\nG").1.pending(), 1);
    }

    #[test]
    fn two_ways_to_say_the_length_are_seen_in_every_request_of_a_pipeline() {
        let both = b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let swapped = b"POST / HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 1\n\n";
        let twice = b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
        for head in [&both[..], &swapped[..], &twice[..]] {
            assert!(!fed(head).0);
            assert!(!fed(&[GET, b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", head].concat()).0);
        }
    }

    #[test]
    fn a_chunked_head_ends_the_view() {
        let (fine, heads) = fed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        assert!(fine);
        assert!(matches!(heads, Heads::Lost));
        assert_eq!(heads.pending(), 0);
    }

    #[test]
    fn an_endless_head_is_not_kept() {
        let mut heads = Heads::new();
        for _ in 0..40 {
            assert!(heads.feed(&[b'a'; 4096]));
        }
        assert!(matches!(heads, Heads::Lost));
    }
}
