//! Cookies of denied categories that the browser still sends: they are expired.

use super::{Act, Enforcer, Intervention, Judgement};
use crate::choices::Choices;
use crate::consent::{Consent, Why, pairs};

/// How many cookies one answer expires. Those beyond come with the next request, and are expired then.
///
/// ```
/// use consent_core::enforce::{Enforcer, MAX_EXPIRED};
/// # use consent_core::{consent::{Consent, InForce}, notice::Notice, signal::Signals};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// body.categories[2].cookies[0].name = "_v*".to_owned(); // of analytics
/// let enforcer = Enforcer::new(InForce::from(Notice::new(body)?));
/// # let nobody = Consent::read(enforcer.in_force(), [], Signals::default(), time::OffsetDateTime::UNIX_EPOCH);
/// let header = (0..20).map(|n| format!("_v{n}=1")).collect::<Vec<_>>().join("; ");
/// assert_eq!(enforcer.expire(&nobody, [header.as_bytes()], None).len(), MAX_EXPIRED);
/// # Ok::<(), consent_core::notice::NoticeError>(())
/// ```
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
    ///
    /// ```
    /// use consent_core::enforce::{Act, Enforcer};
    /// # use consent_core::{consent::{Consent, InForce}, notice::Notice, signal::Signals};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// let enforcer = Enforcer::new(InForce::from(notice)); // declares the cookie `a` under analytics
    /// let nobody = Consent::read(enforcer.in_force(), [], Signals::default(), time::OffsetDateTime::UNIX_EPOCH);
    /// let expired = enforcer.expire(&nobody, [b"a=1; theme=dark".as_slice()], Some("www.news.example"));
    /// let [(told, lines)] = expired.as_slice() else { panic!("one of the two is denied") };
    /// assert_eq!((told.act, told.name.as_str()), (Act::CookieExpired, "a"));
    /// assert_eq!(lines[0], "a=; Path=/; Max-Age=0");
    /// assert_eq!(lines[2], "a=; Path=/; Max-Age=0; Domain=news.example");
    /// # Ok::<(), consent_core::notice::NoticeError>(())
    /// ```
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
