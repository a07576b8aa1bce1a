//! Which addresses may be asked for.
//!
//! A server that fetches what people write must not become their way into the network it stands in. Numbers are refused in every spelling
//! (the parser makes `0x7f.1`, `2130706433` and `127.0.0.1` one and the same), and so are names that mean a machine or a network of one's own.
//! A public name that leads to a private address is for the platform to refuse: its `fetch` reaches public addresses only.

use url::{Host, Url};

use quipu_schema::limits;

/// What a deployment lets its previews reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Development only: `127.0.0.1`, on any port, so that tests can serve pages.
    pub loopback: bool,
}

/// Names that are no public ones: RFC 6761 and 6762, RFC 8375, the private name of ICANN, and what home and company networks use.
const SPECIAL: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
];

/// An address as it is to be asked for; `None` where it must not be.
pub fn allowed(text: &str, policy: Policy) -> Option<Url> {
    if text.len() > limits::URL_BYTES {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    let secure = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    // What stands behind the mark is the reader's business.
    url.set_fragment(None);
    match url.host()? {
        Host::Ipv4(address) if policy.loopback && address.octets() == [127, 0, 0, 1] => Some(url),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
        Host::Domain(name) => {
            let usual = url.port().is_none_or(|port| port == if secure { 443 } else { 80 });
            (usual && is_public(name)).then_some(url)
        }
    }
}

/// Where a redirect leads; `None` where one must not follow it.
pub fn redirected(from: &Url, location: &str, policy: Policy) -> Option<Url> {
    let to = from.join(location).ok()?;
    // Whoever was asked in confidence is not left for somebody who would be asked in the open.
    if from.scheme() == "https" && to.scheme() != "https" {
        return None;
    }
    allowed(to.as_str(), policy)
}

/// Whether a name is one of the public tree: two labels at least, none of them special.
fn is_public(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels: Vec<&str> = name.split('.').collect();
    let Some(last) = labels.last() else { return false };
    labels.len() > 1 && labels.iter().all(|label| !label.is_empty()) && !SPECIAL.contains(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_pages_are_asked_for() {
        for text in [
            "https://rust-lang.org",
            "http://rust-lang.org/a?b=c",
            "https://rust-lang.org:443/",
            "http://rust-lang.org:80",
            "HTTPS://WWW.Rust-Lang.ORG./",
            "https://bücher.ch/",
            "https://local.news/",
        ] {
            assert!(allowed(text, Policy::default()).is_some(), "{text}");
        }
        let url = allowed("https://rust-lang.org/a#b", Policy::default()).map(String::from);
        assert_eq!(url.as_deref(), Some("https://rust-lang.org/a"));
    }

    #[test]
    fn private_addresses_are_not_in_any_spelling() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://127。0。0。1/",
            "http://①②⑦.⓪.⓪.①/",
            "http://%31%32%37.0.0.1/",
            "http://0/",
            "http://10.0.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.100.100.200/",
            "http://8.8.8.8/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[2606:4700::1]/",
            "http://localhost/",
            "http://LOCALHOST/",
            "http://localhost./",
            "http://ｌｏｃａｌｈｏｓｔ/",
            "http://a.localhost/",
            "http://router/",
            "http://metadata.google.internal/",
            "http://printer.local/",
            "http://nas.home.arpa/",
            "http://nas.lan/",
            "http://a..com/",
            "http://.com/",
            "http://com/",
        ] {
            assert_eq!(allowed(text, Policy::default()), None, "{text}");
        }
    }

    #[test]
    fn nothing_but_the_web_is_asked_for() {
        for text in [
            "ftp://rust-lang.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,hi",
            "https://ana@rust-lang.org/",
            "https://ana:secret@rust-lang.org/",
            "https://rust-lang.org:8443/",
            "https://rust-lang.org:80/",
            "http://rust-lang.org:22/",
            "https://",
            "rust-lang.org",
            "",
        ] {
            assert_eq!(allowed(text, Policy::default()), None, "{text}");
        }
        assert_eq!(allowed(&format!("https://rust-lang.org/{}", "a".repeat(3000)), Policy::default()), None);
    }

    #[test]
    fn a_redirect_leads_nowhere_that_one_could_not_go_oneself() {
        let from = Url::parse("https://rust-lang.org/a/b").unwrap();
        let to = |location| redirected(&from, location, Policy::default()).map(String::from);
        assert_eq!(to("../c").as_deref(), Some("https://rust-lang.org/c"));
        assert_eq!(to("//crates.io/").as_deref(), Some("https://crates.io/"));
        for location in [
            "http://rust-lang.org/",
            "https://127.0.0.1/",
            "//localhost/",
            "file:///etc/passwd",
            "https://10.1/",
            "https://a@b.ch/",
            "\\\\10.0.0.1\\a",
        ] {
            assert_eq!(to(location), None, "{location}");
        }
    }

    #[test]
    fn development_reaches_loopback_and_nothing_else() {
        let policy = Policy { loopback: true };
        assert!(allowed("http://127.0.0.1:4321/a", policy).is_some());
        for text in ["http://127.0.0.2:4321/", "http://localhost:4321/", "http://10.0.0.1/", "http://[::1]:4321/"] {
            assert_eq!(allowed(text, policy), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_number_is_an_address(a: u8, b: u8, c: u8, d: u8, style in 0..4u8) {
            let whole = u32::from_be_bytes([a, b, c, d]);
            let host = match style {
                0 => format!("{a}.{b}.{c}.{d}"),
                1 => whole.to_string(),
                2 => format!("0x{whole:x}"),
                _ => format!("0{a:o}.0x{b:x}.{}", u16::from_be_bytes([c, d])),
            };
            proptest::prop_assert_eq!(allowed(&format!("http://{host}/"), Policy::default()), None);
        }
    }
}
