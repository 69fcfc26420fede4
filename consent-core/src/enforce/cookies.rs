//! Cookies of denied categories that the browser still sends: they are expired.

use super::{Act, Enforcer, Intervention, Judgement};
use crate::choices::Choices;
use crate::consent::{Consent, Why, pairs};

/// How many cookies one answer expires. Those beyond come with the next request, and are expired then.
pub const MAX_EXPIRED: usize = 8;

impl Enforcer {
    /// The values of `Set-Cookie` headers that expire what a request's `Cookie` headers bring of denied categories, and what is
    /// told of each.
    ///
    /// A cookie goes only under the path and domain with which it came, and does not tell them: so it is expired under each path
    /// of this enforcer, for the host alone and for each domain above it that has a dot. `host` is the request's, with or without a port; without
    /// one, for the host alone. None is where it is not known whether the visitor has denied it: nothing could be asked, or the choice was
    /// made under a notice that is not known here; nor is what one choice grants where it is not known whose counts
    /// ([`Who`](crate::consent::Who)). What is deleted does not come back. Partitioned cookies, and those under other paths, are left to the script and to the day on which
    /// they expire.
    pub fn expire<'a>(
        &'a self,
        consent: &'a Consent,
        headers: impl IntoIterator<Item = &'a [u8]>,
        host: Option<&'a str>,
    ) -> Vec<(Intervention, Vec<String>)> {
        let mut expired: Vec<(Intervention, Vec<String>)> = Vec::new();
        let grants_all = consent.choices() == Choices::GRANTED;
        if grants_all || consent.why().closes() || consent.why() == Why::UnknownNotice {
            return expired;
        }
        for (name, _) in headers.into_iter().flat_map(pairs) {
            let Judgement::Denied(category) = self.judge_name(consent, name) else { continue };
            if consent.is_torn(category) {
                continue;
            }
            // Any other name no header could set.
            let Ok(text) = std::str::from_utf8(name) else { continue };
            let token = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
            if !token || expired.len() == MAX_EXPIRED || expired.iter().any(|(one, _)| one.name == text) {
                continue;
            }
            expired.push((
                self.denial(consent, Act::CookieExpired, category, name),
                self.expiries(text, host).collect(),
            ));
        }
        expired
    }

    fn expiries<'a>(&'a self, name: &'a str, host: Option<&'a str>) -> impl Iterator<Item = String> + 'a {
        // Browsers compare these prefixes without regard to case, and refuse the header where it does not fit them.
        let begins =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let fixed = begins("__Host-");
        let secure = if fixed || begins("__Secure-") { "; Secure" } else { "" };
        let paths = self.paths.iter().filter(move |path| !fixed || *path == "/");
        paths.flat_map(move |path| {
            let above = host.filter(|_| !fixed).into_iter().flat_map(domains);
            let domains =
                std::iter::once(String::new()).chain(above.map(|domain| format!("; Domain={domain}")));
            domains.map(move |domain| format!("{name}=; Path={path}; Max-Age=0{domain}{secure}"))
        })
    }
}

/// A host and each name above it that has a dot; none of what is no name.
fn domains(host: &str) -> impl Iterator<Item = &str> {
    let name = host.split(':').next().unwrap_or_default();
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let number = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_name = name.len() <= 253 && !number && name.split('.').all(label);
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, above)| above))
        .take_while(move |name| is_name && name.contains('.'))
}
