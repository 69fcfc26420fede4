//! Where an address leads, as browsers read it (URL Standard, section 4.4), as far as its host tells.

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// To a host: its name in lower case, and its port if one is written.
    To(String, Option<u16>),
    /// Where the page, or its `<base>`, says.
    On,
    /// To no host: `data:`, `blob:`, `javascript:`, or no address at all.
    Nowhere,
}

/// Schemes that have a host, and the port that each stands for.
const WITH_HOST: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// Reads an address. `https:a.example` is one at `a.example`, as it is on a page of `http:`: what may lead there does.
pub(super) fn leads(address: &str) -> Leads {
    let address = address.trim_matches(|character| character <= ' ');
    // Browsers drop these, wherever they stand.
    let address: String =
        address.chars().filter(|character| !['\t', '\n', '\r'].contains(character)).collect();
    if address.is_empty() {
        return Leads::Nowhere;
    }
    match scheme(&address) {
        Some((scheme, rest)) if WITH_HOST.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
            host(rest)
        }
        Some(_) => Leads::Nowhere,
        None if address.chars().take(2).filter(|first| ['/', '\\'].contains(first)).count() == 2 => {
            host(&address)
        }
        None => Leads::On,
    }
}

fn scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once(':')?;
    let fits = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    fits.then_some((scheme, rest))
}

/// What stands after any number of slashes.
fn host(rest: &str) -> Leads {
    let authority =
        rest.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (name, port) = place.split_once(':').unwrap_or((place, ""));
    let Ok(port) = (if port.is_empty() { Ok(None) } else { port.parse().map(Some) }) else {
        return Leads::Nowhere;
    };
    let name = unescaped(name).to_ascii_lowercase();
    // With a dot at its end it is the same host.
    let name = name.strip_suffix('.').unwrap_or(&name);
    if name.is_empty() { Leads::Nowhere } else { Leads::To(name.to_owned(), port) }
}

/// Without percent encoding.
fn unescaped(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let escaped = digit(0).zip(digit(1)).filter(|_| *first == b'%');
        let byte = escaped.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The addresses of a `srcset`, and more that are none: whatever stands between white space or commas, and between white space
/// alone, as an address may have commas.
pub(super) fn of_set(set: &str) -> impl Iterator<Item = &str> {
    let words = set.split_ascii_whitespace();
    words.flat_map(|word| std::iter::once(word.trim_matches(',')).chain(word.split(',')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_where_a_browser_goes() {
        for address in [
            "https://stats.example/a.js",
            "HTTPS://Stats.EXAMPLE",
            " \u{1}https://stats.example\n",
            "ht\ntps:/\t/st\rats.example",
            "//stats.example/a",
            "/\\stats.example",
            "\\\\stats.example\\a",
            "////stats.example?a",
            "https:\\\\stats.example#a",
            "https:/stats.example",
            "https:stats.example",
            "wss://stats.example",
            "http://user:pass@word@stats.example/@a.example",
            "https://st%61ts.%65xample.",
        ] {
            assert_eq!(leads(address), Leads::To("stats.example".into(), None), "{address}");
        }
        for (address, port) in [("//stats.example:8443/", Some(8443)), ("//stats.example:/", None)] {
            assert_eq!(leads(address), Leads::To("stats.example".into(), port), "{address}");
        }
        for address in ["a.js", "/a.js", "?a", "#a", "./https://stats.example", "1:2", "a/b:c", ":", "é:"] {
            assert_eq!(leads(address), Leads::On, "{address}");
        }
        for address in [
            "",
            "  ",
            "data:,//stats.example",
            "blob:https://a",
            "JavaScript:a()",
            "https://",
            "//a:b/",
            "file:///a",
        ] {
            assert_eq!(leads(address), Leads::Nowhere, "{address}");
        }
    }

    #[test]
    fn every_address_of_a_set_is_among_what_is_read() {
        for set in [
            "https://a.example/b 2x",
            "c.png 1x, https://a.example/b 2x",
            "c.png 1x,https://a.example/b 2x",
            ",, https://a.example/b,",
            "c.png,\n\thttps://a.example/b 100w",
        ] {
            assert!(of_set(set).any(|address| address == "https://a.example/b"), "{set}");
        }
        assert!(of_set("https://b,c@a.example/ 2x").any(|address| address == "https://b,c@a.example/"));
    }
}
