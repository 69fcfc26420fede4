//! What a page's content policy says of the script (CSP level 3, sections 6.6 and 6.7).

use super::Address;
use super::page::Script;

/// What is asked of a policy: the directives that answer, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether the script may be loaded.
    Load,
    /// Whether it may send what was chosen.
    Send,
}

impl Asked {
    const fn directives(self) -> &'static [&'static str] {
        match self {
            Self::Load => &["script-src-elem", "script-src", "default-src"],
            Self::Send => &["connect-src", "default-src"],
        }
    }
}

/// The directive of a policy that stands against it, as it is written there; `None` if none does.
pub(super) fn against(
    policy: &str,
    asked: Asked,
    page: &Address,
    script: &Script,
    at: &Address,
) -> Option<String> {
    // A header may hold several policies, each of which has to agree.
    policy.split(',').find_map(|policy| one_against(policy, asked, page, script, at))
}

fn one_against(policy: &str, asked: Asked, page: &Address, script: &Script, at: &Address) -> Option<String> {
    let directives: Vec<(String, &str)> = policy
        .split(';')
        .filter_map(|directive| {
            let directive = directive.trim();
            let name = directive.split_ascii_whitespace().next()?;
            Some((name.to_ascii_lowercase(), directive))
        })
        .collect();
    let find = |wanted: &str| directives.iter().find(|(name, _)| name == wanted).map(|(_, text)| *text);
    if asked == Asked::Load
        && let Some(sandbox) = find("sandbox")
        && !words(sandbox).any(|word| word.eq_ignore_ascii_case("allow-scripts"))
    {
        return Some(sandbox.to_owned());
    }
    let directive = asked.directives().iter().find_map(|name| find(name))?;
    if allows(directive, asked, page, script, at) { None } else { Some(directive.to_owned()) }
}

/// The words behind the name of a directive.
fn words(directive: &str) -> impl Iterator<Item = &str> {
    directive.split_ascii_whitespace().skip(1)
}

fn allows(directive: &str, asked: Asked, page: &Address, script: &Script, at: &Address) -> bool {
    if asked == Asked::Load {
        let nonce = script.nonce.as_deref().filter(|nonce| !nonce.is_empty());
        let hashes = script.integrity.as_deref().unwrap_or_default();
        let marked = words(directive).any(|word| {
            let inner = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')).unwrap_or_default();
            let by_nonce = inner.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("nonce-"));
            (by_nonce && inner.get(6..) == nonce && nonce.is_some())
                || (inner.starts_with("sha") && hashes.split_ascii_whitespace().any(|hash| hash == inner))
        });
        if marked {
            return true;
        }
        if words(directive).any(|word| word.eq_ignore_ascii_case("'strict-dynamic'")) {
            return false; // then addresses count for nothing
        }
    }
    words(directive).any(|word| matches(word, page, at))
}

/// Whether a source expression is one of this address.
fn matches(word: &str, page: &Address, at: &Address) -> bool {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "*" => return true,
        "'self'" => return at.origin() == page.origin() || upgrades(page, at),
        "https:" => return at.is_encrypted(),
        "http:" => return true,
        _ => {}
    }
    let (scheme, rest) =
        word.split_once("://").map_or((None, word.as_str()), |(scheme, rest)| (Some(scheme), rest));
    let fits_scheme = match scheme {
        Some("https") => at.is_encrypted(),
        Some("http") => true,
        Some(_) => return false,
        None => at.is_encrypted() || !page.is_encrypted(),
    };
    let (authority, path) =
        rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let fits_host = match host.strip_prefix("*.") {
        Some(below) => at.host().strip_suffix(below).is_some_and(|start| start.ends_with('.')),
        None => host == "*" || host == at.host(),
    };
    let usual = if at.is_encrypted() { 443 } else { 80 };
    let fits_port = match port {
        None => at.port() == usual,
        Some("*") => true,
        Some(port) => port.parse() == Ok(at.port()),
    };
    // The word is in lower case by now. A browser is stricter about paths, and nobody writes two that differ in that only.
    let at_path = at.path().trim_start_matches('/').to_ascii_lowercase();
    let fits_path = match path {
        None | Some("") => true,
        Some(path) if path.ends_with('/') => at_path.starts_with(path),
        Some(path) => at_path == path,
    };
    fits_scheme && fits_host && fits_port && fits_path
}

/// Whether it is the page's own host, encrypted where the page is not.
fn upgrades(page: &Address, at: &Address) -> bool {
    !page.is_encrypted()
        && at.is_encrypted()
        && page.host() == at.host()
        && at.port() == 443
        && page.port() == 80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_lets_in_what_a_browser_lets_in() {
        let page = Address::read("https://www.paper.example/").unwrap();
        let at = Address::read("https://consent.paper.example/v1/sites/paper/banner.js").unwrap();
        let script =
            Script { nonce: Some("abc".into()), integrity: Some("sha256-AA=".into()), ..Script::default() };
        let plain = Script::default();
        let ask = |policy: &str, script| against(policy, Asked::Load, &page, script, &at);
        for lets_in in [
            "",
            "img-src 'none'",
            "script-src *",
            "script-src https:",
            "default-src https://consent.paper.example",
            "script-src *.paper.example:*",
            "script-src consent.paper.example/v1/sites/",
            "SCRIPT-SRC 'nonce-x' HTTPS:",
            "default-src 'none'; script-src-elem consent.paper.example; script-src 'none'",
            "sandbox allow-scripts",
            "script-src consent.paper.example/v1/sites/paper/banner.js",
            "script-src a.example, ",
        ] {
            let found = ask(lets_in, &plain);
            assert_eq!(found.is_some(), lets_in.ends_with("a.example, "), "{lets_in}: {found:?}");
        }
        for keeps_out in [
            "script-src 'self'",
            "default-src 'none'",
            "script-src 'nonce-abc'",
            "script-src 'sha256-AA='",
            "script-src *.consent.paper.example",
            "script-src consent.paper.example:8443",
            "sandbox",
            "script-src https:, script-src 'self'",
            "script-src consent.paper.example/v2/",
            "script-src",
            "script-src https: 'strict-dynamic' 'nonce-abc'",
            "script-src wss://consent.paper.example",
        ] {
            assert!(ask(keeps_out, &plain).is_some(), "{keeps_out}");
        }
        for marked in
            ["script-src 'nonce-abc'", "script-src 'strict-dynamic' 'nonce-abc'", "script-src 'sha256-AA='"]
        {
            assert_eq!(ask(marked, &script), None, "{marked}");
        }
        assert!(ask("script-src 'nonce-ABC'", &script).is_some());
        let sends = |policy: &str| against(policy, Asked::Send, &page, &script, &at);
        assert_eq!(sends("connect-src 'self'; default-src *").as_deref(), Some("connect-src 'self'"));
        assert_eq!(sends("script-src 'none'"), None);
    }
}
