//! Whether a `Set-Cookie` may go out.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{Act, Enforcer, Intervention, Names};
use crate::bytes::{cut, trim};
use crate::category::Category;
use crate::consent::{Consent, Why};
use crate::cookie::{ACCOUNT_COOKIE_NAME, ACCOUNT_SERVICES_COOKIE_NAME, COOKIE_NAME, SERVICES_COOKIE_NAME};
use crate::notice::StorageKind;

/// The longest value of an attribute that browsers read.
const MAX_ATTRIBUTE_BYTES: usize = 1024;

/// What becomes of a cookie.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::enforce::{Act, Enforcer, Judgement};
/// use consent_core::notice::StorageKind;
/// # use consent_core::consent::{Consent, InForce, Why};
/// # use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// let enforcer = Enforcer::new(InForce::from(notice)); // declares the cookie `a` under analytics
/// let nobody = Consent::denied(Why::NoNotice);
/// assert_eq!(enforcer.judge_name(&nobody, b"a"), Judgement::Denied(Category::Analytics));
/// assert_eq!(enforcer.judge_name(&nobody, b"consent"), Judgement::Passes);
/// // A cookie of this name says nothing of a storage key of the same.
/// assert_eq!(enforcer.judge_item(&nobody, StorageKind::LocalStorage, b"a"), Judgement::Undeclared);
/// assert_eq!(enforcer.category_of(StorageKind::Cookie, b"a"), Some(Category::Analytics));
///
/// let told = enforcer.denial(&nobody, Act::CookieDropped, Category::Analytics, b"a");
/// assert!(told.to_string().starts_with("cookie_dropped a (analytics)"));
/// # Ok::<(), consent_core::notice::NoticeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It passes: it is granted, it is the consent itself, or it deletes.
    Passes,
    /// It is declared under this category, which is denied.
    Denied(Category),
    /// The notice does not declare it.
    Undeclared,
}

impl Enforcer {
    /// Judges the value of a `Set-Cookie` header.
    ///
    /// The name is what stands before the first `=` without spaces, as browsers read it. Whatever deletes passes, as it does in
    /// the script: by `Max-Age` of zero or less, else by `Expires` in the past (RFC 6265, section 5.3; of two the last counts). An
    /// expiry that can not be read deletes nothing.
    #[must_use]
    pub fn judge_set_cookie(&self, consent: &Consent, line: &[u8], now: OffsetDateTime) -> Judgement {
        let name = name_of(line);
        if is_own(name) || deletes(line, now) {
            Judgement::Passes
        } else {
            judge(&self.cookies, consent, name)
        }
    }

    /// Judges a cookie by its name. What is declared twice is denied where one of the declarations is, as in the script.
    #[must_use]
    pub fn judge_name(&self, consent: &Consent, name: &[u8]) -> Judgement {
        if is_own(name) { Judgement::Passes } else { judge(&self.cookies, consent, name) }
    }

    /// Judges a cookie or a storage key by where it is kept and by its name, as the script does.
    #[must_use]
    pub fn judge_item(&self, consent: &Consent, kind: StorageKind, name: &[u8]) -> Judgement {
        match kind {
            StorageKind::Cookie => self.judge_name(consent, name),
            StorageKind::LocalStorage => judge(&self.local, consent, name),
            StorageKind::SessionStorage => judge(&self.session, consent, name),
        }
    }

    /// The category of a cookie or storage key, whatever is granted; of several the one that is denied first. `None` if the
    /// notice does not declare it.
    #[must_use]
    pub fn category_of(&self, kind: StorageKind, name: &[u8]) -> Option<Category> {
        match self.judge_item(&Consent::denied(Why::NoNotice), kind, name) {
            Judgement::Denied(category) => Some(category),
            Judgement::Passes => Some(Category::Necessary),
            Judgement::Undeclared => None,
        }
    }

    /// What is told of a cookie of a denied category.
    #[must_use]
    pub fn denial(&self, consent: &Consent, act: Act, category: Category, name: &[u8]) -> Intervention {
        Intervention {
            act,
            category: Some(category),
            ground: Some(consent.ground(category)),
            name: String::from_utf8_lossy(name).into_owned(),
        }
    }
}

fn judge(names: &Names, consent: &Consent, name: &[u8]) -> Judgement {
    let mut declared = names.of(name).peekable();
    if declared.peek().is_none() {
        return Judgement::Undeclared;
    }
    let denied = declared.find(|under| !under.is_allowed(consent));
    denied.map_or(Judgement::Passes, |under| Judgement::Denied(under.category))
}

fn is_own(name: &[u8]) -> bool {
    // They all begin so, and hardly any other does.
    name.starts_with(COOKIE_NAME.as_bytes())
        && [COOKIE_NAME, SERVICES_COOKIE_NAME, ACCOUNT_COOKIE_NAME, ACCOUNT_SERVICES_COOKIE_NAME]
            .iter()
            .any(|own| own.as_bytes() == name)
}

/// The name of the cookie that a `Set-Cookie` header, or a script's `document.cookie = …`, sets; `None` if it deletes one.
///
/// ```
/// use consent_core::enforce::set_name;
///
/// let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
/// assert_eq!(set_name(b"a=1; Path=/", now), Some(b"a".as_slice()));
/// assert_eq!(set_name(b"a=; Max-Age=0", now), None);
/// # Ok::<(), time::error::ComponentRange>(())
/// ```
#[must_use]
pub fn set_name(line: &[u8], now: OffsetDateTime) -> Option<&[u8]> {
    (!deletes(line, now)).then(|| name_of(line))
}

/// Whether a `Set-Cookie` passes whatever is declared: it keeps the choice itself, or it deletes.
#[cfg(feature = "tower")]
pub(crate) fn passes_anyway(line: &[u8], now: OffsetDateTime) -> bool {
    is_own(name_of(line)) || deletes(line, now)
}

/// The name of the cookie that a `Set-Cookie` sets; empty if it has none.
#[must_use]
pub(crate) fn name_of(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|byte| matches!(byte, b'=' | b';'));
    match end.and_then(|end| line.split_at_checked(end)) {
        Some((name, [b'=', ..])) => trim(name),
        _ => b"",
    }
}

fn deletes(line: &[u8], now: OffsetDateTime) -> bool {
    let (mut age, mut end) = (None, None);
    for attribute in line.split(|byte| *byte == b';').skip(1) {
        // Most are neither of the two.
        if !matches!(trim(attribute), [b'm' | b'M' | b'e' | b'E', ..]) {
            continue;
        }
        let (name, Some(value)) = cut(attribute, b'=') else { continue };
        // Browsers do not read longer ones (RFC 6265bis, section 5.6).
        let (name, value) = (trim(name), trim(value));
        if value.len() > MAX_ATTRIBUTE_BYTES {
            continue;
        }
        if name.eq_ignore_ascii_case(b"max-age") {
            // What is no number is no attribute.
            age = seconds(value).or(age);
        } else if name.eq_ignore_ascii_case(b"expires") {
            end = date(value).or(end);
        }
    }
    age.map_or_else(|| end.is_some_and(|end| end <= now), |positive| !positive)
}

/// Whether a `Max-Age` is more than zero; `None` if it is no number.
fn seconds(value: &[u8]) -> Option<bool> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    number.then(|| digits.len() == value.len() && digits.iter().any(|byte| *byte != b'0'))
}

/// `Thu, 01 Jan 1970 00:00:00 GMT`, or with hyphens, as older servers write it. Of others browsers know a time too, but not always the
/// one that they say: they take no zone into account, and of two digits those up to 69 for a year of this century (RFC 6265, section 5.1.1).
fn date(value: &[u8]) -> Option<OffsetDateTime> {
    if value.len() > 64 {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?.replace('-', " ");
    let mut words = text.split_ascii_whitespace().rev();
    let (zone, _time, year) = (words.next()?, words.next()?, words.next()?);
    let is_zone = ["GMT", "UTC"].iter().any(|known| known.eq_ignore_ascii_case(zone));
    let is_year = year.len() == 4 || year.len() == 2 && year >= "70";
    if !is_zone || !is_year {
        return None;
    }
    // To this format UTC has no other name.
    let text = text.strip_suffix(zone).map(|rest| format!("{rest}GMT"))?;
    OffsetDateTime::parse(&text, &Rfc2822).ok()
}
